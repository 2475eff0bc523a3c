package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// layers shows how much memory the validator takes for layers that are far larger than it: two gigabytes in one file, 1.4 million
// files, and compressions that want much memory themselves. It needs 5 GB of disk for the time of the run.
func layers(ctx context.Context, _ int) error {
	work, err := os.MkdirTemp("", "archway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	validate := filepath.Join(work, "validate")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", validate, "./lambda/validate").CombinedOutput(); err != nil {
		return fmt.Errorf("build the validator: %w\n%s", err, out)
	}
	worst := 0.0
	for _, test := range []struct {
		name string
		// write makes a layer's archive. Of two platforms, each has its own.
		write    func(*tar.Writer, string) error
		compress func(io.Writer) (io.WriteCloser, error)
		args     []string
	}{
		{"2 GiB, gzip", twoGigabytes, fast, nil},
		{"2 GiB, gzip, --deep", twoGigabytes, fast, []string{"--deep"}},
		{"2 GiB, zstd", twoGigabytes, zstdWindow(8 << 20), nil},
		{"700,000 files, gzip", manyFiles, fast, nil},
		{"700,000 files, zstd", manyFiles, zstdWindow(8 << 20), []string{"--deep"}},
		{"large window, zstd", halfGigabyte, zstdWindow(32 << 20), nil},
	} {
		folder := filepath.Join(work, "image")
		size, err := writeImage(folder, test.write, test.compress)
		if err != nil {
			return err
		}
		m, err := measure(ctx, validate, folder, test.args)
		if err != nil {
			return fmt.Errorf("%s: %w", test.name, err)
		}
		worst = max(worst, m.mebibytes)
		fmt.Printf("%-24s %5.1f MiB peak memory, %6.2f s, %4.0f MB/s; read %5.0f of %5.0f MB\n", test.name, m.mebibytes, m.took.Seconds(),
			float64(m.read)/1e6/m.took.Seconds(), float64(m.read)/1e6, float64(size)/1e6)
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	fmt.Printf("worst %.1f MiB       (goal: at most 64 MiB)\n\n", worst)
	if worst > 64 {
		return fmt.Errorf("the validator took %.1f MiB, more than the 64 MiB that it promises", worst)
	}
	return nil
}

func fast(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) }

func zstdWindow(size int) func(io.Writer) (io.WriteCloser, error) {
	return func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(size))
	}
}

// Half random, half zeros: as compressible as programs are. The program stands behind all of it, and out of order, so that everything is read.
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
	b := make([]byte, 64+56)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)
	le.PutUint16(b[18:], map[string]uint16{"amd64": 62, "arm64": 183}[arch])
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[64:], 1)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "app", Mode: 0o755, Size: int64(len(b))}); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// writeImage writes the blobs of an image index for two platforms into a folder, each under its digest, and the index as "index".
func writeImage(folder string, write func(*tar.Writer, string) error, compress func(io.Writer) (io.WriteCloser, error)) (size int64, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	put := func(mediaType string, document any) (v1.Descriptor, error) {
		b, err := json.Marshal(document)
		if err != nil {
			return v1.Descriptor{}, err
		}
		d := digest.FromBytes(b)
		return v1.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(b))}, os.WriteFile(filepath.Join(folder, d.Encoded()), b, 0o644)
	}
	index := v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex}
	for _, arch := range []string{"amd64", "arm64"} {
		layer, diffID, err := writeLayer(folder, func(w *tar.Writer) error { return write(w, arch) }, compress)
		if err != nil {
			return 0, err
		}
		size += layer.Size
		platform := v1.Platform{OS: "linux", Architecture: arch}
		config, err := put(v1.MediaTypeImageConfig, v1.Image{
			Platform: platform, Config: v1.ImageConfig{Entrypoint: []string{"/app"}}, RootFS: v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}},
		})
		if err != nil {
			return 0, err
		}
		manifest, err := put(v1.MediaTypeImageManifest, v1.Manifest{
			Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Config: config, Layers: []v1.Descriptor{layer},
		})
		if err != nil {
			return 0, err
		}
		manifest.Platform = &platform
		index.Manifests = append(index.Manifests, manifest)
	}
	root, err := put(v1.MediaTypeImageIndex, index)
	if err != nil {
		return 0, err
	}
	return size, os.Symlink(root.Digest.Encoded(), filepath.Join(folder, "index"))
}

func writeLayer(folder string, write func(*tar.Writer) error, compress func(io.Writer) (io.WriteCloser, error)) (v1.Descriptor, digest.Digest, error) {
	file, err := os.CreateTemp(folder, "layer-")
	if err != nil {
		return v1.Descriptor{}, "", err
	}
	defer file.Close()
	stored, plain := digest.SHA256.Digester(), digest.SHA256.Digester()
	buffered := bufio.NewWriterSize(io.MultiWriter(file, stored.Hash()), 1<<20)
	z, err := compress(buffered)
	if err != nil {
		return v1.Descriptor{}, "", err
	}
	archive := tar.NewWriter(io.MultiWriter(z, plain.Hash()))
	for _, step := range []func() error{func() error { return write(archive) }, archive.Close, z.Close, buffered.Flush} {
		if err := step(); err != nil {
			return v1.Descriptor{}, "", err
		}
	}
	info, err := file.Stat()
	if err != nil {
		return v1.Descriptor{}, "", err
	}
	mediaType := v1.MediaTypeImageLayerZstd
	if _, ok := z.(*gzip.Writer); ok {
		mediaType = v1.MediaTypeImageLayerGzip
	}
	d := v1.Descriptor{MediaType: mediaType, Digest: stored.Digest(), Size: info.Size()}
	return d, plain.Digest(), os.Rename(file.Name(), filepath.Join(folder, d.Digest.Encoded()))
}

// measured is what one run of the validator took.
type measured struct {
	mebibytes float64
	took      time.Duration
	read      int64
}

// measure has the validator judge the image in a folder over HTTP.
func measure(ctx context.Context, validate, folder string, args []string) (measured, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return measured{}, err
	}
	defer listener.Close()
	var m measured
	served := &counter{}
	server := &http.Server{Handler: served.count(serveBlobs(folder)), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with the listener
	defer server.Close()

	image := fmt.Sprintf("%s/app:latest", listener.Addr())
	cmd := exec.CommandContext(ctx, validate, append(args, image)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return measured{}, err
	}
	ended := make(chan struct{})
	peak := make(chan float64)
	go func() { peak <- watchMemory(cmd.Process.Pid, ended) }()
	err = cmd.Wait()
	m.took = time.Since(began)
	close(ended)
	m.mebibytes = <-peak
	if err != nil {
		return measured{}, fmt.Errorf("validate: %w\n%s", err, &out)
	}
	m.read = served.bytes.Load()
	return m, nil
}

// watchMemory reads a process's peak resident memory until it ends. What wait4 reports would count this process's own memory
// in: the child begins as its copy.
func watchMemory(pid int, ended <-chan struct{}) (mebibytes float64) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(status)) {
			var kibibytes float64
			if _, scanned := fmt.Sscanf(line, "VmHWM: %f kB", &kibibytes); err == nil && scanned == nil {
				mebibytes = max(mebibytes, kibibytes/1024)
			}
		}
		select {
		case <-ended:
			return mebibytes
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// serveBlobs is as much of a registry as reading takes.
func serveBlobs(folder string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		name := filepath.Base(r.URL.Path)
		isManifest := strings.Contains(r.URL.Path, "/manifests/")
		if name == "latest" {
			name = "index"
		}
		_, encoded, _ := strings.Cut(name, ":")
		if encoded == "" {
			encoded = name
		}
		file := filepath.Join(folder, encoded)
		if isManifest {
			b, err := os.ReadFile(file)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			var document struct {
				MediaType string `json:"mediaType"`
			}
			if err := json.Unmarshal(b, &document); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", document.MediaType)
			w.Header().Set("Docker-Content-Digest", digest.FromBytes(b).String())
		} else {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		http.ServeFile(w, r, file)
	})
}
