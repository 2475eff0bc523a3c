package check

// Place is where an image is judged, and so who has to mend it with what.
type Place int

// The places of images.
const (
	// Registry is one that a person looks at: tags can be pushed and merged there.
	Registry Place = iota
	// Folder is an OCI image layout on a disk, which has no tags, and is written by one build.
	Folder
	// Pipeline is the staging repository of a pipeline, which builds, pushes and merges by itself.
	Pipeline
)

// holder is what the image is in.
func (p Place) holder() string {
	if p == Folder {
		return "the folder"
	}
	return "the registry"
}

// holds says that the holder gives out what follows.
func (p Place) holds() string {
	if p == Folder {
		return "the folder holds"
	}
	return "the registry serves"
}

const (
	folderCure = "write the folder again, by one build for all platforms " +
		"(`docker buildx build --platform … --output type=oci,tar=false,dest=FOLDER`)"
	pipelineCure = "run the pipeline again; if that gives the same, look into what the build does"
)

// rebuild is the cure where an image itself is wrong, with words on how to build it, if that
// matters.
func (p Place) rebuild(how string) string {
	switch {
	case p == Folder:
		return "build the image again" + how + ", into an empty folder"
	case p == Pipeline && how == "":
		return pipelineCure
	case p == Pipeline:
		return "build it" + how + ", and run the pipeline again"
	default:
		return "build and push the image again" + how
	}
}

// remerge is the cure where the index is wrong that was made of images: at a registry it is that
// which is given.
func (p Place) remerge(registry string) string {
	switch p {
	case Folder:
		return folderCure
	case Pipeline:
		return pipelineCure
	default:
		return registry
	}
}

// rewrite is the cure where a document is not what tools write today.
func (p Place) rewrite() string {
	return p.remerge("write it again with a current tool, such as `docker buildx imagetools create`")
}

// storage is the cure where other bytes came than a digest names, and damage the likely cause.
func (p Place) storage() (cause, cure string) {
	switch p {
	case Folder:
		return "the file was changed, or its disk is damaged",
			"copy the folder again, or build the image again into an empty one"
	case Pipeline:
		return "its storage, or a proxy before it, is damaged",
			"run the pipeline again; if that gives the same, ask who runs the registry"
	default:
		return "its storage, or a proxy before it, is damaged",
			"push the image again, and have the registry's storage checked"
	}
}

// lost is the likely cause where a manifest isn't there, and lostBlob where a part of an image
// isn't.
func (p Place) lost() string {
	switch p {
	case Folder:
		return "probably the folder was written without all platforms (docker save, skopeo copy without --all), or copied incompletely"
	case Pipeline:
		return "probably a lifecycle rule or somebody has deleted it"
	default:
		return "probably it was deleted (a lifecycle rule?), or pushed to another repository"
	}
}

func (p Place) lostBlob() string {
	if p == Folder {
		return "probably the folder was copied incompletely"
	}
	return "probably the image was copied incompletely, or the registry has cleaned it up"
}

// allow is how to allow a platform beyond the required ones, and downgraded how to live with a
// finding.
func (p Place) allow() string {
	if p == Pipeline {
		return "name it under the image's platforms or validation.allowedPlatforms in cdk.json"
	}
	return "name it by --platform or --allow-platform"
}

func (p Place) downgraded(check string) string {
	if p == Pipeline {
		return "downgrade this check under the image's validation.downgrade in cdk.json, with the reason"
	}
	return "downgrade this check (--downgrade '" + check + "=warning:REASON')"
}
