// Package proof runs what a rehearsal promoted: the image of each platform is
// pulled by its public tag, started by a Docker engine, and what it prints or
// answers over HTTP is compared with what rehearsal.json in the application's
// folder expects. Containers and pulled images are removed again.
package proof
