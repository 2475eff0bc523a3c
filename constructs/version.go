package constructs

import "archway/version"

// Version is the release of Archway that these constructs are of.
const Version = version.Version
