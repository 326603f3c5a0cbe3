// The frame round all screens: bar, rail, sheet, status line, and what lies over them.
// Holds the keys that work everywhere.

import './shell.css'
import type { JSX } from 'preact'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { FRAME } from '../../words/frame.ts'
import { CaptureDrop } from '../packets/capture-drop.tsx'
import { SCREENS, type ScreenId } from '../registry.ts'
import { Overlays } from './overlays.tsx'
import { Rail } from './rail.tsx'
import { Sheet } from './sheet.tsx'
import { StatusLine } from './status-line.tsx'
import { TopBar } from './top-bar.tsx'

export function Shell(): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const current = app.connections.current.value
  const open = app.overlay.value
  const screens = SCREENS.map(({ key, id }) => [key, () => app.route.go(id)] as const)
  useKeys(
    {
      ...Object.fromEntries(screens),
      p: () => app.publish(app.selection.value.peek().topic ?? ''),
      s: () => {
        if (current !== null && !current.isFile) app.overlay.value = 'subscribe'
      },
      ' ': () => current?.pause(!current.paused.peek()),
      '?': () => {
        app.overlay.value = 'keys'
      },
      t: () => app.settings.nextTheme(),
      'Ctrl+k': () => {
        app.overlay.value = open === 'palette' ? null : 'palette'
      },
    },
    [
      [`${SCREENS[0]!.key}–${SCREENS.at(-1)!.key}`, words.key.screens],
      ['Ctrl K', words.key.palette],
      ['P', words.key.publish],
      ['S', words.key.subscribe],
      ['Space', words.key.pause],
      ['T', words.key.theme],
      ['?', words.key.keys],
      ['Esc', words.key.escape],
    ],
  )
  return (
    <div class="frame">
      {/* biome-ignore lint/a11y/useValidAnchor: it goes where it says, the hash being the route's */}
      <a class="skip" href="#main" onClick={skip}>
        {words.skip}
      </a>
      <h1 class="for-readers">{`Zanzara, ${words.screen[app.route.screen.value as ScreenId] ?? ''}`}</h1>
      <TopBar />
      <Rail />
      <main class="sheet" id="main" tabIndex={-1}>
        <Sheet />
      </main>
      <StatusLine />
      <Overlays />
      <CaptureDrop />
    </div>
  )
}

/** The hash belongs to the route: the focus moves without it. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
