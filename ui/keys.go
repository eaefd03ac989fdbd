package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// key is what is pressed for a command: a key with modifiers, or a character, wherever the
// keyboard has it.
type key struct {
	name fyne.KeyName
	mod  fyne.KeyModifier
	char rune
}

func plain(name fyne.KeyName) key { return key{name: name} }
func shift(name fyne.KeyName) key { return key{name: name, mod: fyne.KeyModifierShift} }
func ctrl(name fyne.KeyName) key  { return key{name: name, mod: fyne.KeyModifierShortcutDefault} }
func char(c rune) key             { return key{char: c} }

func (k key) none() bool { return k == key{} }

// names are how people call keys that Fyne calls otherwise.
var names = map[fyne.KeyName]string{
	fyne.KeyUp: "↑", fyne.KeyDown: "↓", fyne.KeyPageUp: "Page Up", fyne.KeyPageDown: "Page Down",
	fyne.KeyEscape: "Esc", fyne.KeyReturn: "Enter",
}

// String is the key as the help shows it, such as "Ctrl+Z".
func (k key) String() string {
	if k.char != 0 {
		return string(k.char)
	}
	var b strings.Builder
	if k.mod&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0 {
		b.WriteString("Ctrl+")
	}
	if k.mod&fyne.KeyModifierShift != 0 {
		b.WriteString("Shift+")
	}
	if name, ok := names[k.name]; ok {
		b.WriteString(name)
	} else {
		b.WriteString(string(k.name))
	}
	return b.String()
}

// shortcut is what a menu shows. Only those with Ctrl are triggered by Fyne from there; the
// others come to us as keys.
func (k key) shortcut() fyne.Shortcut {
	switch {
	case k.none():
		return nil
	case k.char != 0:
		return &desktop.CustomShortcut{KeyName: fyne.KeyName(k.char)}
	case k == ctrl(fyne.KeyZ):
		return &fyne.ShortcutUndo{}
	case k == ctrl(fyne.KeyY):
		return &fyne.ShortcutRedo{}
	}
	return &desktop.CustomShortcut{KeyName: k.name, Modifier: k.mod}
}

// command is something the window can do, by menu and by key.
type command struct {
	title string
	key   key
	also  []key // further keys that do the same
	do    func()
	able  func() bool       // nil: always
	on    func() bool       // nil: not a switch
	items []*command        // a submenu instead of do
	list  func() []*command // a submenu that changes, instead of do
	text  bool              // also works while a sheet is up: it is the sheet's, or Quit
}

// gap is a line between two groups of a menu.
var gap = &command{}

func (c *command) isAble() bool { return c.able == nil || c.able() }
func (c *command) isOn() bool   { return c.on != nil && c.on() }

// menu is a group of commands.
type menu struct {
	title    string
	commands []*command
}

// every calls f with each command of the menus, submenus included.
func every(menus []menu, f func(*command)) {
	var walk func([]*command)
	walk = func(all []*command) {
		for _, c := range all {
			f(c)
			walk(c.items)
		}
	}
	for _, m := range menus {
		walk(m.commands)
	}
}

// find returns the command that a key belongs to, or nil.
func find(menus []menu, k key) (found *command) {
	every(menus, func(c *command) {
		if c.do == nil {
			return
		}
		for _, own := range append([]key{c.key}, c.also...) {
			if own == k && !own.none() {
				found = c
			}
		}
	})
	return found
}

// mainMenu builds Fyne's menu from ours. Fyne runs its shortcuts whatever lies over the window.
func (w *Window) mainMenu(menus []menu) *fyne.MainMenu {
	var build func([]*command) []*fyne.MenuItem
	build = func(all []*command) (items []*fyne.MenuItem) {
		for _, c := range all {
			if c == gap {
				items = append(items, fyne.NewMenuItemSeparator())
				continue
			}
			item := fyne.NewMenuItem(c.title, func() {
				if c.text || !w.covered() {
					c.do()
				}
			})
			item.Shortcut, item.IsQuit = c.key.shortcut(), c.title == "Quit"
			item.Disabled, item.Checked = !c.isAble(), c.isOn()
			if c.list != nil {
				item.ChildMenu = fyne.NewMenu("", build(c.list())...)
				item.Disabled = len(item.ChildMenu.Items) == 0
			}
			if c.items != nil {
				item.ChildMenu = fyne.NewMenu("", build(c.items)...)
			}
			items = append(items, item)
		}
		return items
	}
	var out []*fyne.Menu
	for _, m := range menus {
		out = append(out, fyne.NewMenu(m.title, build(m.commands)...))
	}
	return fyne.NewMainMenu(out...)
}

// stateOf is in what state the commands are, in their order: the menu is built anew only when
// that has changed.
func stateOf(menus []menu) string {
	var state []byte
	every(menus, func(c *command) {
		state = append(state, flag(c.isAble()), flag(c.isOn()))
		if c.list != nil {
			for _, item := range c.list() {
				state = append(state, item.title...)
			}
		}
	})
	return string(state)
}

func flag(on bool) byte {
	if on {
		return '+'
	}
	return '-'
}
