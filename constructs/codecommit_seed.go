package constructs

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// seed is the first commit of a repository.
func seed(scope constructs.Construct, dir, branch string) awscodecommit.Code {
	if dir == "" {
		return nil
	}
	asset := awss3assets.NewAsset(scope, jsii.String("Seed"), &awss3assets.AssetProps{
		Path:       &dir,
		IgnoreMode: awscdk.IgnoreMode_GIT,
		Exclude:    jsii.Strings(append([]string{".git"}, gitignore(dir)...)...),
	})
	// What the CDK has copied is what it will zip: without what .gitignore excludes.
	copied := *asset.AssetPath()
	if !filepath.IsAbs(copied) {
		copied = filepath.Join(*awscdk.Stage_Of(scope).AssetOutdir(), copied)
	}
	check("Source", scope, "Seed", committable(copied, dir, maxSeed))
	return awscodecommit.Code_FromAsset(asset, &branch)
}

// gitignore is the folder's own .gitignore: what a person would not commit is not seeded either.
func gitignore(dir string) []string {
	file, err := os.Open(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return nil // there is none
	}
	defer file.Close()
	var patterns []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return patterns
}

// maxSeed is what CloudFormation takes, in bytes: "Code archive supplied cannot be more than 20 MB
// compressed"
// (https://github.com/aws-samples/amazon-rekognition-face-liveness-demo/issues/5).
const maxSeed = 20 << 20

// committable reports what keeps CloudFormation from making a commit of a folder, which is a copy
// of what people know as dir: empty files, for which it says nothing but "Code supplied is not a
// valid .zip archive" (https://github.com/aws/aws-cdk/issues/19012), and more than so many bytes,
// zipped.
func committable(folder, dir string, most int64) error {
	var empty []string
	var size counter
	archive := zip.NewWriter(&size)
	archive.RegisterCompressor(zip.Deflate,
		func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		written, err := pack(archive, path, filepath.ToSlash(name))
		if written == 0 {
			empty = append(empty, filepath.Join(dir, name))
		}
		return err
	})
	if err = errors.Join(err, archive.Close()); err != nil {
		return fmt.Errorf("the seed %s can't be read: %w", dir, err)
	}
	var errs []error
	if len(empty) > 0 {
		slices.Sort(empty)
		shown := strings.Join(empty[:min(len(empty), 5)], ", ")
		if more := len(empty) - 5; more > 0 {
			shown += fmt.Sprintf(" and %d more", more)
		}
		errs = append(errs,
			wrong("Seed",
				"has empty files, with which CloudFormation makes no repository (it would say that the code is "+
					"no valid .zip archive): write something into them, if only a line end, or name them in the seed's .gitignore: %s",
				shown))
	}
	if int64(size) > most {
		errs = append(errs,
			wrong("Seed", "is %q, which has %d bytes as a .zip archive: CodeCommit takes at most %d at once, so name "+
				"what needs no commit in the seed's .gitignore, or leave the seed out and push", dir, size, most))
	}
	return errors.Join(errs...)
}

// pack adds a file to an archive, and tells how long it is.
func pack(archive *zip.Writer, path, name string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return -1, err
	}
	defer file.Close()
	entry, err := archive.Create(name)
	if err != nil {
		return -1, err
	}
	return io.Copy(entry, file)
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
