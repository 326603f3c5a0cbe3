// The line at the bottom: session, round trip, buffer, what was dropped, events. Nothing is lost silently.
// Widths are kept, so that numbers do not push each other about.

import type { JSX } from 'preact'
import { Dot, Meter } from '../../parts/badge.tsx'
import { bytesText, countText, durationText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { FRAME } from '../../words/frame.ts'
import { dotOf } from './top-bar.tsx'

const VERSIONS = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' } as const

export function StatusLine(): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const connection = app.connections.current.value
  const { unread, list } = app.events
  return (
    <footer class="status">
      {connection === null ? null : <Session connection={connection} />}
      <span class="spacer" />
      {app.settings.masks.value ? (
        <button
          type="button"
          class="status-part status-masked"
          title={app.settings.maskFilters.value.join('\n')}
          aria-haspopup="dialog"
          onClick={() => {
            app.overlay.value = 'mask'
          }}
        >
          <Icon name="mask" />
          {words.masked}
          <code class="status-filters cut foreign">{app.settings.maskFilters.value.join(' ')}</code>
        </button>
      ) : null}
      {connection === null || connection.isFile ? null : <Kept connection={connection} />}
      <button
        type="button"
        class="status-part status-events"
        aria-haspopup="dialog"
        onClick={() => {
          app.overlay.value = 'events'
        }}
      >
        <Icon name="info" />
        {unread.value > 0 ? words.newEvents(unread.value) : `${words.events} ${list.value.length}`}
      </button>
    </footer>
  )
}

function Session({ connection }: { readonly connection: Connection }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const { role } = app.admin
  const phase = connection.phase.value
  const { roundTripMs } = connection.numbers.value
  return (
    <>
      <span class="status-part">
        <Dot kind={dotOf(phase, connection.paused.value)} />
        {phase.phase === 'live' ? (
          <>
            {words.connectedAs} <b class="foreign">{phase.clientId}</b>
          </>
        ) : (
          words.phase[phase.phase]
        )}
      </span>
      {phase.phase === 'live' ? <span>{VERSIONS[phase.version]}</span> : null}
      {connection.admin.value !== null && role !== null ? <span class="wide-only">{words.login.role[role]}</span> : null}
      {phase.phase === 'live' && roundTripMs !== null ? (
        <span>
          {words.roundTrip} <b>{durationText(roundTripMs)}</b>
        </span>
      ) : null}
    </>
  )
}

function Kept({ connection }: { readonly connection: Connection }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const { bufferBytes, bufferLimit, dropped, received, kept, packetBytesMissed, topicsBeyond } = connection.numbers.value
  const count = (value: number): string => countText(value, app.settings.language.value)
  return (
    <>
      {topicsBeyond === 0 ? null : <span>{words.topicsBeyond(count(topicsBeyond))}</span>}
      <span class="status-part status-buffer">
        {words.buffer}
        <Meter share={bufferBytes / bufferLimit} label={words.buffer} />
        {words.of(bytesText(bufferBytes), bytesText(bufferLimit))}
      </span>
      {packetBytesMissed === 0 ? null : (
        <span title={words.packetsBehind(bytesText(packetBytesMissed))}>
          {words.missed} <b>{bytesText(packetBytesMissed)}</b>
        </span>
      )}
      <span class="status-dropped" title={words.received(count(received), count(kept))}>
        {words.dropped} <b>{count(dropped)}</b>
      </span>
    </>
  )
}
