package project

import "os/user"

// SystemUser is the name of the operating system's user, with which revisions are signed.
func SystemUser() string {
	u, err := user.Current()
	switch {
	case err != nil:
		return "unknown"
	case u.Name != "":
		return u.Name
	}
	return u.Username
}
