package layer_test

import (
	"archive/tar"
	"bytes"
	"testing"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/layer"
)

// The first class that fits counts alone.
func TestFirstFittingClass(t *testing.T) {
	for _, test := range []struct {
		mode     uint16
		uid, gid uint32
		want     bool
	}{
		{0o700, 0, 0, true}, {0o700, 10, 10, true}, {0o700, 11, 20, false},
		{0o070, 10, 20, false}, {0o070, 11, 20, true}, {0o070, 11, 21, false},
		{0o705, 11, 20, false}, {0o705, 11, 21, true}, {0o001, 11, 21, true}, {0o6744, 11, 21, false},
	} {
		a := layer.Access{Known: true, Mode: test.mode, UID: 10, GID: 20}
		if got := a.Allows(test.uid, []uint32{1, test.gid}, 1); got != test.want {
			t.Errorf("%o for %d:%d: %t", test.mode, test.uid, test.gid, got)
		}
	}
	if !(layer.Access{}).Allows(5, nil, 1) {
		t.Error("what isn't known is held against the file")
	}
}

func TestAccessListsMakeTheModeUnknown(t *testing.T) {
	listed, able := lt.Exe("listed", []byte("x")), lt.Exe("able", []byte("x"))
	listed.PAXRecords = map[string]string{"SCHILY.xattr.system.posix_acl_access": "x"}
	able.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": "x"}
	able.Uid, able.Gid, able.Format = 7, 8, tar.FormatPAX
	b := lt.Tar(listed, able)
	entries, _, err := read(bytes.NewReader(b), options(b))
	if err != nil || entries[0].Access.Known {
		t.Errorf("%+v, %v", entries, err)
	}
	if want := (layer.Access{Known: true, Mode: 0o755, UID: 7, GID: 8, Privileged: true}); entries[1].Access != want {
		t.Errorf("%+v", entries[1].Access)
	}
}
