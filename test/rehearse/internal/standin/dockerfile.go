package standin

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// baseImages returns the images that a Dockerfile's FROM, COPY --from and
// RUN --mount=from= name, in order and once each. Arguments have their defaults;
// what can't be known from the file, such as an argument without default, is
// returned in unknown.
func baseImages(dockerfile io.Reader) (images, unknown []string, err error) {
	var (
		global = map[string]string{} // arguments before the first FROM
		stages []string
		found  = func(reference string, args map[string]string) {
			expanded, ok := expand(reference, args)
			_, number := strconv.Atoi(expanded)
			switch {
			case !ok:
				unknown = append(unknown, reference)
			case number == nil, expanded == "scratch", slices.Contains(stages, strings.ToLower(expanded)), slices.Contains(images, expanded):
			default:
				images = append(images, expanded)
			}
		}
	)
	lines, err := instructions(dockerfile)
	if err != nil {
		return nil, nil, err
	}
	started := false
	for _, line := range lines {
		fields := strings.Fields(line)
		switch strings.ToUpper(fields[0]) {
		case "ARG":
			if started {
				continue // FROM can't see it
			}
			for _, argument := range fields[1:] {
				if key, value, ok := strings.Cut(argument, "="); ok {
					if value, ok := expand(strings.Trim(value, `"'`), global); ok {
						global[key] = value
					}
				}
			}
		case "FROM":
			started = true
			fields = slices.DeleteFunc(fields[1:], func(f string) bool { return strings.HasPrefix(f, "--") })
			if len(fields) == 0 {
				continue // BuildKit will say it
			}
			found(fields[0], global)
			if len(fields) == 3 && strings.EqualFold(fields[1], "AS") {
				stages = append(stages, strings.ToLower(fields[2]))
			}
		case "COPY", "RUN":
			for _, from := range fromOption.FindAllStringSubmatch(line, -1) {
				found(from[1], nil)
			}
		}
	}
	return images, unknown, nil
}

// fromOption finds COPY --from=X and RUN --mount=type=bind,from=X,….
var fromOption = regexp.MustCompile(`\s--(?:from=|mount=(?:[^\s,]+,)*from=)([^\s,]+)`)

// instructions returns a Dockerfile's instructions, one string each: continued
// lines are joined, comments and empty lines are left out, and so are the lines
// of here-documents.
func instructions(dockerfile io.Reader) ([]string, error) {
	var (
		result  []string
		current strings.Builder
		until   string
	)
	scanner := bufio.NewScanner(dockerfile)
	for scanner.Scan() {
		line := strings.TrimSpace(scanner.Text())
		if until != "" {
			if line == until {
				until = ""
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue // also between continued lines
		}
		if part, ok := strings.CutSuffix(line, `\`); ok {
			current.WriteString(part + " ")
			continue
		}
		current.WriteString(line)
		instruction := strings.TrimSpace(current.String())
		current.Reset()
		if instruction == "" {
			continue
		}
		result = append(result, instruction)
		if match := hereDocument.FindStringSubmatch(instruction); match != nil {
			until = match[1]
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read Dockerfile: %w", err)
	}
	if rest := strings.TrimSpace(current.String()); rest != "" {
		result = append(result, rest)
	}
	return result, nil
}

var hereDocument = regexp.MustCompile(`<<-?["']?([A-Za-z_][A-Za-z0-9_]*)`)

var variable = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})`)

// expand fills in arguments; ok is false if one has no value.
func expand(text string, args map[string]string) (expanded string, ok bool) {
	ok = true
	expanded = variable.ReplaceAllStringFunc(text, func(match string) string {
		parts := variable.FindStringSubmatch(match)
		value := args[parts[1]+parts[2]]
		if value == "" {
			value = parts[3]
		}
		ok = ok && value != ""
		return value
	})
	return expanded, ok
}
