// Takes a file that is dropped anywhere on the page, a capture or connections of another program; while one is held over it, says so.
// Stands in the frame: a file may be dropped on any screen.

import './capture-drop.css'
import type { JSX } from 'preact'
import { useApp } from '../../state/app-context.ts'
import { CAPTURE_WORDS } from './capture-words.ts'
import { openCapture } from './open-capture.ts'
import { useDrop } from './use-drop.ts'

export function CaptureDrop(): JSX.Element | null {
  const app = useApp()
  const words = app.words(CAPTURE_WORDS)
  const isOver = useDrop((file) => {
    if (/\.json$/i.test(file.name)) {
      app.dropped.value = file
      app.overlay.value = 'import'
    } else openCapture(app, file).catch((error: unknown) => app.events.add('error', file.name, `${error}`))
  })
  return isOver ? <div class="capture-drop">{words.drop}</div> : null
}
