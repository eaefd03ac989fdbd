// Package ui is Glasswork's window: its columns, panels, menus, keys, dialogs and messages.
// It shows the state of a session.Session and passes on what the user wants; it keeps no
// state of the study itself. Everything runs on the window's goroutine; post.go is the way
// to it.
package ui

import (
	"context"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"

	"glasswork/assets"
	"glasswork/ui/pane"
	"glasswork/ui/session"
)

// OpenProject opens the project in a folder, or makes a new one there. It does not run on
// the window's goroutine. Its error is a sentence for the user.
type OpenProject func(ctx context.Context, dir string) (*session.Session, error)

// Window is the application's one window. It owns its session and closes it.
type Window struct {
	app  fyne.App
	win  fyne.Window
	s    *session.Session
	open OpenProject
	post func(func()) // runs a function on the window's goroutine

	view  *pane.View
	strip *pane.Strip
	frame *frame

	banners *banners
	toasts  *toasts
	news    *messenger
	help    fyne.CanvasObject
	sheets  []*sheet
	chart   *chart

	forget    []func() // end observing the session
	menus     []menu
	menuState string
	identity  bool
	folded    bool
	closing   bool
	place     fyne.KeyName       // of a key without a Latin letter, until its character comes
	picker    *dialog.FileDialog // of files, while it is open
	work      sync.WaitGroup
	switching context.CancelFunc // of a project that is being opened; nil: none
	asked     asked              // what the session has asked and the window shows
}

// NewWindow returns a window that shows a session, which it owns from now on. open opens
// another project; nil if there is only this one.
func NewWindow(app fyne.App, s *session.Session, open OpenProject) *Window {
	return newWindow(app, s, open, post)
}

// newWindow is NewWindow with the function that runs others on the window's goroutine.
func newWindow(app fyne.App, s *session.Session, open OpenProject, post func(func())) *Window {
	w := &Window{app: app, win: app.NewWindow("Glasswork"), s: s, open: open, post: post}
	w.applyTextSize()
	w.win.SetIcon(fyne.NewStaticResource("glasswork.png", assets.Icon))
	w.win.SetPadded(false)
	w.win.SetMaster()
	w.menus = w.commands()
	w.listen()
	w.show(s)
	w.Arrange(fyne.Size{})
	return w
}

// Session is the session shown now.
func (w *Window) Session() *session.Session { return w.s }

// View is the reading pane.
func (w *Window) View() *pane.View { return w.view }

// ShowAndRun shows the window until it is closed, then closes the session. The error is the
// session's.
func (w *Window) ShowAndRun() error {
	w.win.ShowAndRun()
	if w.switching != nil {
		w.switching()
	}
	w.release()
	w.work.Wait()
	return w.s.Close()
}

// release ends what the window runs itself for the session it shows.
func (w *Window) release() {
	for _, forget := range w.forget {
		forget()
	}
	w.forget = nil
	w.toasts.close()
	w.frame.tip.close()
	w.chart.close()
}

// show builds the window's content for a session.
func (w *Window) show(s *session.Session) {
	w.s, w.asked, w.folded = s, asked{}, false
	w.view = pane.NewView(paneReading{s.Reading, s.Display, s.Tools, s.Editing}, paneLook())
	w.strip = pane.NewStrip(paneLook(), s.Reading.GoTo)
	w.banners, w.toasts = newBanners(), newToasts(w.post)
	w.news = newMessenger(s.Messages, w.banners, w.toasts, w.showLog)
	w.chart = newChart(w.post)
	w.help = newHelp(w.menus, w.toggleHelp)
	w.help.Hide()

	studies, model := newStudies(w), newModelPanel(w)
	findings := newFindings(s.Measuring, s.Display, s.Tools)
	tool := newToolPanel(s.Tools, s.Editing)
	slice, status, empty := newSlicePanel(s), newStatus(s), newEmpty(w)
	right := rightColumn(model.object, findings.object, slice.object, tool.object)
	centre := container.NewStack(w.view, empty.object, w.toasts.object(), w.banners.object(),
		w.help)
	w.frame = newFrame(newTip(w.post), studies.object, centre, w.strip, right, status.object)
	w.win.SetContent(w.frame.object)

	w.observe(viewTopics, w.view.Update)
	w.observe(session.TopicStrip|session.TopicStudy, func() {
		w.strip.Set(pane.Survey(s.Measuring.Survey()))
	})
	w.observe(session.TopicSlice|session.TopicStudy, func() { w.strip.Mark(s.Reading.Slice()) })
	w.observe(session.TopicStudies|session.TopicStudy, studies.update)
	w.observe(session.TopicMeasures|session.TopicStudy|session.TopicTool, findings.update)
	w.observe(sliceTopics, slice.update)
	w.observe(session.TopicTool|session.TopicStudy, tool.update)
	w.observe(modelTopics, model.update)
	w.observe(statusTopics, status.update)
	w.observe(session.TopicStudy, func() { empty.update(); w.studyChanged() })
	w.observe(session.TopicMessages, w.news.update)
	w.observe(session.TopicChoice|session.TopicPlan|session.TopicVerdict, w.answer)
	w.observe(session.TopicAll&^session.TopicPointer, w.refreshMenu)
	s.SetPost(w.post)
	w.Focus()
}

// viewTopics are what the reading pane shows.
const viewTopics = session.TopicStudy | session.TopicSlice | session.TopicDisplay |
	session.TopicLabels | session.TopicTool

// paneReading is what the reading pane sees of a session.
type paneReading struct {
	*session.Reading
	*session.Display
	*session.Tools
	*session.Editing
}

// observe calls f now and whenever one of topics changes.
func (w *Window) observe(topics session.Topic, f func()) {
	w.forget = append(w.forget, w.s.Observe(topics, f))
	f()
}

// Focus takes the keyboard away from whatever field has it.
func (w *Window) Focus() { w.win.Canvas().Unfocus() }

// studyChanged follows another study, or none.
func (w *Window) studyChanged() {
	w.win.SetTitle(w.s.Reading.Title())
	w.frame.identify(w.identityText())
	w.frame.setReading(w.reading())
}

// refreshMenu builds the menu anew if an item's state has changed.
func (w *Window) refreshMenu() {
	if state := stateOf(w.menus); state != w.menuState {
		w.menuState = state
		w.win.SetMainMenu(w.mainMenu(w.menus))
	}
}

// listen connects keys, dropped files and closing.
func (w *Window) listen() {
	c := w.win.Canvas()
	c.SetOnTypedKey(w.typedKey)
	c.SetOnTypedRune(w.typedRune)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(w.keyDown)
		d.SetOnKeyUp(w.keyUp)
	}
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.win.SetCloseIntercept(w.close)
	w.app.Lifecycle().SetOnExitedForeground(func() { w.letGo() })
}
