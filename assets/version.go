package assets

import (
	"runtime/debug"
	"strings"
)

// Version is Glasswork's version as the build knows it: the tag of the commit that was built, such
// as "0.2.0", or what the go command makes of a commit without one. It is "devel" where the
// program was built from something else than a checkout, as tests are.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versionOf("")
	}
	return versionOf(info.Main.Version)
}

func versionOf(module string) string {
	if module == "" || module == "(devel)" {
		return "devel"
	}
	return strings.TrimPrefix(module, "v")
}
