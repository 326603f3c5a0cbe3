// The rail of screens, at the left or at the bottom; with their keys in the tooltip.
// Which screens there are: ../registry.ts.

import type { JSX } from 'preact'
import { Icon } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import { SCREENS } from '../registry.ts'

export function Rail(): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const shown = app.route.screen.value
  return (
    <nav class="rail" aria-label={words.screens}>
      {SCREENS.map(({ id, key, icon }) => (
        <button
          key={id}
          type="button"
          class="rail-item"
          title={`${words.screen[id]} (${key})`}
          aria-current={id === shown ? 'page' : undefined}
          onClick={() => app.route.go(id)}
        >
          <Icon name={icon} />
          <span>{words.screen[id]}</span>
        </button>
      ))}
      <span class="spacer wide-only" />
      <button
        type="button"
        class="rail-item rail-settings"
        onClick={() => {
          app.overlay.value = 'settings'
        }}
      >
        <Icon name="gear" />
        <span>{words.settings}</span>
      </button>
    </nav>
  )
}
