package main

import "testing"

// A peer that makes less is no peer: what the committed configuration gains, peer.js must gain too.
func TestPeerMakesTheSameResources(t *testing.T) {
	t.Chdir("../..")
	if err := preparePeer(t.Context()); err != nil {
		t.Fatal(err)
	}
	ours, peer := sides(t.TempDir())
	for _, side := range []app{ours, peer} {
		if _, err := side.synth(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := sameResources(ours.out, peer.out); err != nil {
		t.Error(err)
	}
}
