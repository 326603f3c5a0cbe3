// Takes a capture file that is dropped anywhere on the page; while one is held over it, says so.
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
    openCapture(app, file).catch((error: unknown) => app.events.add('error', file.name, `${error}`))
  })
  return isOver ? <div class="capture-drop">{words.drop}</div> : null
}
