// Says which branches are muted and how much that hides, above the lists that leave it out; brings them back.
// Shared by Topics and Messages: each says what it hides.

import type { ComponentChildren, JSX } from 'preact'
import { Button } from '../../parts/button.tsx'
import { countText } from '../../parts/format.ts'
import { Strip } from '../../parts/notice.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { TOPICS } from './topics-words.ts'

export interface MutedStripProps {
  readonly connection: Connection
  /** What is hidden. */
  readonly children: ComponentChildren
}

export function MutedStrip({ connection, children }: MutedStripProps): JSX.Element | null {
  const app = useApp()
  const words = app.words(TOPICS)
  const { muted } = connection.profile.value
  if (muted.length === 0) return null
  const [only] = muted
  const again = <Button label={words.unmuteAll} size="s" kind="ghost" onClick={() => app.connections.mute(connection, [])} />
  return (
    <Strip kind="mute" icon="mute" action={again}>
      <b class="foreign">{muted.length === 1 ? words.mutedOne(visibleLine(only!)) : words.mutedMany(countText(muted.length, app.settings.language.value))}</b>{' '}
      {children}
    </Strip>
  )
}
