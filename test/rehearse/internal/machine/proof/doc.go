// Package proof runs what a rehearsal promoted: the image of each platform is
// pulled by its public tag, started by a Docker engine, and what it prints or
// answers over HTTP is compared with what rehearsal.json in the application's
// folder expects. Containers are removed again, and pulled images too, except in
// an engine of the rehearsal's own, where the last ones stay as a cache.
package proof
