package ecr

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Longer than any rehearsal, too short to be of use to anybody who finds it.
const validFor = 7 * 24 * time.Hour

// makeCertificates makes an authority, whose key is forgotten at once, and one
// certificate for all names. caFile holds this machine's roots and the new one.
func makeCertificates(dir string, names []string) (config *tls.Config, caFile string, err error) {
	start := time.Now().Add(-time.Hour) // a build's clock may be behind
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	ca := &x509.Certificate{
		SerialNumber:          big.NewInt(start.UnixNano()),
		Subject:               pkix.Name{CommonName: "Archway rehearsal"},
		NotBefore:             start,
		NotAfter:              start.Add(validFor),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, "", err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(start.UnixNano() + 1),
		Subject:      pkix.Name{CommonName: "Archway rehearsal registry"},
		NotBefore:    start,
		NotAfter:     start.Add(validFor),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, "", err
	}
	roots, err := systemRoots()
	if err != nil {
		return nil, "", err
	}
	bundle := bytes.NewBuffer(roots)
	bundle.WriteString("\n")
	if err := pem.Encode(bundle, &pem.Block{Type: "CERTIFICATE", Bytes: caDER}); err != nil {
		return nil, "", err
	}
	caFile = filepath.Join(dir, "ca-bundle.pem")
	if err := os.WriteFile(caFile, bundle.Bytes(), 0o644); err != nil {
		return nil, "", err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}, caFile, nil
}

// Where Linux distributions keep their bundle, in the order of crypto/x509.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// systemRoots returns the bundle that programs of this machine use: whoever sets
// SSL_CERT_FILE to ours must still reach everything else. A machine may have none.
func systemRoots() ([]byte, error) {
	candidates := bundles
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		candidates = append([]string{file}, bundles...)
	}
	for _, file := range candidates {
		data, err := os.ReadFile(file)
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the system's root certificates: %w", err)
		}
	}
	return nil, nil
}
