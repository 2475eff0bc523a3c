package account_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/image/account"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// files holds contents by path.
type files map[string]string

func (f files) Resolve(_ context.Context, _, name string) (rootfs.File, error) {
	switch content, there := f[name]; {
	case !there:
		return rootfs.File{State: rootfs.Absent}, nil
	case content == "unread":
		return rootfs.File{}, rootfs.ErrUnread
	case content == "large":
		return rootfs.File{Path: name, Node: rootfs.Node{Kind: layer.File}}, nil
	default:
		return rootfs.File{Path: name, Node: rootfs.Node{Kind: layer.File, Content: content, Kept: true}}, nil
	}
}

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\n\n  app:x:1000:1001::/:\nodd:x:many\nshort\nweb:x:33:33::/:/bin/sh"
	group  = "root:x:0:\nstaff:x:50:app,web\nweb:x:33:\nodd:x\n"
)

func TestLook(t *testing.T) {
	both := files{"/etc/passwd": passwd, "/etc/group": group}
	for _, test := range []struct {
		user  string
		files files
		want  account.Account
	}{
		{"", nil, account.Account{Known: true}},
		{"app", both, account.Account{User: "app", Known: true, UID: 1000, GIDs: []uint32{1001, 50}}},
		{"app:web", both,
			account.Account{User: "app", Group: "web", Known: true, UID: 1000, GIDs: []uint32{1001, 50, 33}}},
		{"1000", both, account.Account{User: "1000", Known: true, UID: 1000, GIDs: []uint32{1001, 50}}},
		{"4711", both, account.Account{User: "4711", Known: true, UID: 4711, GIDs: []uint32{0}}},
		{"4711:4712", nil,
			account.Account{User: "4711", Group: "4712", Known: true, UID: 4711, GIDs: []uint32{0, 4712},
				NoPasswd: true, NoGroups: true}},
		{":web", both, account.Account{Group: "web", Known: true, GIDs: []uint32{0, 33}}},
		{"odd", both, account.Account{User: "odd", Known: true, GIDs: []uint32{0}}},
		{"none", both, account.Account{User: "none", NoUser: true, GIDs: []uint32{0}}},
		{"app:none", both,
			account.Account{User: "app", Group: "none", NoGroup: true, UID: 1000, GIDs: []uint32{1001, 50}}},
		{"app", nil, account.Account{User: "app", NoUser: true, NoPasswd: true, NoGroups: true, GIDs: []uint32{0}}},
		{"2147483648", nil,
			account.Account{User: "2147483648", Range: true, UID: 2147483648, NoPasswd: true, NoGroups: true,
				GIDs: []uint32{0}}},
		{"app", files{"/etc/passwd": "unread", "/etc/group": group}, account.Account{User: "app", GIDs: []uint32{0}}},
		{"app", files{"/etc/passwd": "large", "/etc/group": group}, account.Account{User: "app", GIDs: []uint32{0}}},
		{"app:none", files{"/etc/passwd": passwd, "/etc/group": "unread"},
			account.Account{User: "app", Group: "none", UID: 1000, GIDs: []uint32{1001}}},
	} {
		got, err := account.Look(t.Context(), test.files, test.user)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%q (-want +got):\n%s%v", test.user, diff, err)
		}
	}
	for user, want := range map[string]bool{
		"":         false,
		"0":        false,
		"1000:app": false,
		"app":      true,
		"app:1000": true,
		"1000 ":    true,
	} {
		if a, _ := account.Look(t.Context(), both, user); a.Named() != want {
			t.Errorf("%q is a name: %t", user, a.Named())
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add("app:web", passwd, group)
	f.Add("1000", passwd, group)
	f.Add("::", ":::", ":")
	f.Fuzz(func(t *testing.T, user, passwd, group string) {
		a, err := account.Look(t.Context(), files{"/etc/passwd": passwd, "/etc/group": group}, user)
		if err != nil || a.Known && (a.NoUser || a.NoGroup || a.Range) {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
