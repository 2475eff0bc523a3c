package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// layers shows how much memory the validator takes for layers that are far larger than it: two
// gigabytes in one file, 1.4 million files, and compressions that want much memory themselves. It
// needs 5 GB of disk for the time of the run.
func layers(ctx context.Context, _ int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	validate, err := buildValidator(ctx, work)
	if err != nil {
		return err
	}
	var problems []error
	for _, test := range []struct {
		name string
		// write makes a layer's archive. Of two platforms, each has its own.
		write    func(*tar.Writer, string) error
		compress func(io.Writer) (io.WriteCloser, error)
		args     []string
		most     float64 // MiB
	}{
		{"2 GiB, gzip", twoGigabytes, fast, nil, memory},
		{"2 GiB, gzip, --deep", twoGigabytes, fast, []string{"--deep"}, memory},
		{"2 GiB, zstd", twoGigabytes, zstdWindow(8 << 20), nil, memory},
		{"700,000 files, gzip", manyFiles, fast, nil, memory},
		{"700,000 files, zstd", manyFiles, zstdWindow(8 << 20), []string{"--deep"}, memory},
		{"window of 32 MiB, zstd", halfGigabyte, zstdWindow(32 << 20), nil, memory},
		{"window of 128 MiB, zstd", halfGigabyte, zstdWindow(128 << 20), []string{"--deep"}, memory + 128},
	} {
		folder := filepath.Join(work, "image")
		size, err := writeImage(folder, test.write, test.compress)
		if err != nil {
			return err
		}
		registry, err := serve(folder)
		if err != nil {
			return err
		}
		m, err := measure(ctx, registry, validate, append(test.args, registry.repository+":latest")...)
		registry.close()
		if err == nil && m.code != 0 {
			err = fmt.Errorf("validate: exit code %d\n%s%s", m.code, m.stdout, m.stderr)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", test.name, err)
		}
		if m.mebibytes > test.most {
			problems = append(problems,
				fmt.Errorf("%s: the validator took %.1f MiB, more than the %.0f MiB that it promises", test.name,
					m.mebibytes, test.most))
		}
		fmt.Printf("%-24s %5.1f MiB peak memory (goal: %.0f), %6.2f s, %6.2f s of CPU, %4.0f MB/s of CPU; read %5.0f of %5.0f MB\n",
			test.name, m.mebibytes, test.most,
			m.took.Seconds(), m.cpu.Seconds(), float64(m.read)/1e6/m.cpu.Seconds(), float64(m.read)/1e6,
			float64(size)/1e6)
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	fmt.Println()
	return errors.Join(problems...)
}

func fast(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) }

func zstdWindow(size int) func(io.Writer) (io.WriteCloser, error) {
	return func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(size))
	}
}

// Half random, half zeros: as compressible as programs are. The program stands behind all of it,
// and out of order, so that everything is read.
func bulk(w *tar.Writer, arch string, size int64) error {
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "opt/bulk", Mode: 0o644, Size: size}); err != nil {
		return err
	}
	random := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32s", arch))))
	block := make([]byte, 1<<20)
	for range size / int64(len(block)) {
		if _, err := random.Read(block[:len(block)/2]); err != nil {
			return err
		}
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	return app64(w, arch)
}

func twoGigabytes(w *tar.Writer, arch string) error { return bulk(w, arch, 2<<30) }

func halfGigabyte(w *tar.Writer, arch string) error { return bulk(w, arch, 512<<20) }

func manyFiles(w *tar.Writer, arch string) error {
	for n := range 700_000 {
		name := fmt.Sprintf("opt/%s/%d/node_modules/package-%d.js", arch, n%97, n)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}); err != nil {
			return err
		}
	}
	return app64(w, arch)
}

// app64 writes the header of a static ELF program.
func app64(w *tar.Writer, arch string) error {
	b := staticELF(arch)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "app", Mode: 0o755,
		Size: int64(len(b))}); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// writeImage writes an image for two platforms, each with one layer of its own.
func writeImage(path string, write func(*tar.Writer, string) error,
	compress func(io.Writer) (io.WriteCloser, error)) (size int64, err error) {
	f := newFolder(path)
	var entries []v1.Descriptor
	for _, arch := range []string{"amd64", "arm64"} {
		l := f.layer(func(w *tar.Writer) error { return write(w, arch) }, compress)
		size += l.Size
		entries = append(entries, f.image(linux(arch), v1.ImageConfig{Entrypoint: []string{"/app"}}, l))
	}
	f.index("latest", entries...)
	return size, f.err
}
