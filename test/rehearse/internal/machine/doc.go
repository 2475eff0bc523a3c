// Package machine makes this machine ready for a rehearsal, and takes back what
// it changed: the tools and the emulation of the other architecture (by
// scripts/setup.sh), a Docker engine, buildkitd, names in /etc/hosts, and the
// engine's trust in the rehearsal's registry. It needs root, on Debian or Ubuntu.
// Without root it changes nothing: builds run in a container of BuildKit's image, by an engine that
// the user may use, and a front of that answers for the registry.
//
// One rehearsal runs on a machine at a time. What a rehearsal that was killed
// left behind is stopped and removed by the next one, or by Sweep: processes by
// the id and start time that it wrote down, and nothing else.
//
// In the cache stay the tools, BuildKit's state, the stand-ins for base images
// and the engine's folder, so that the next rehearsal is quick. Builds have the
// machine's network, as containers without a network of their own would need
// changes to its firewall.
package machine
