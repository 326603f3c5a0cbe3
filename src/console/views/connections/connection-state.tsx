// What a connection is doing when it is not simply live: its stages, why it was refused, when it is tried again, that it is offline.
// Reasons in words with their number, the likely cause, and what can be done.

import './connection-state.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { clockTime, countText, durationText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Strip, Verdict } from '../../parts/notice.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { FRAME } from '../../words/frame.ts'
import type { FrameWords } from '../../words/frame-en.ts'
import type { Problem } from '../../worker/protocol.ts'

/** 3.x return codes as the Reason Codes of 5.0. */
const REASON_OF_RETURN_CODE = [0, 132, 133, 136, 134, 135]

/** Fills the sheet while there is nothing else to show. */
export function ConnectionStage({ connection }: { readonly connection: Connection }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const phase = connection.phase.value
  const { url } = connection.profile.value
  const edit = (): void => {
    app.overlay.value = 'edit-connection'
  }
  return (
    <div class="stage">
      <div class="stage-box">
        {phase.phase === 'connecting' ? (
          <>
            <h2>{words.connectingTo(url)}</h2>
            <ul class="stage-list">
              <Stage label={words.stageSocket} ms={phase.socketMs} isNow={phase.stage === 'socket'} />
              <Stage label={words.stageConnect} ms={null} isNow={phase.stage === 'connect'} />
            </ul>
            <div class="stage-actions">
              <Button label={words.cancel} onClick={() => connection.disconnect()} />
            </div>
          </>
        ) : null}
        {phase.phase === 'refused' ? (
          <>
            <Verdict kind="danger" title={problemTitle(phase.cause, words)}>
              <span class="foreign">{url}</span>
            </Verdict>
            <p class="stage-why">{likely(phase.cause, words)}</p>
            <div class="stage-actions">
              <Button label={words.editConnection} kind="primary" onClick={edit} />
              <Button label={words.tryAgain} onClick={() => connection.connect()} />
            </div>
          </>
        ) : null}
        {phase.phase === 'offline' ? (
          <>
            <Verdict kind="mute" icon="pause" title={words.phase.offline}>
              <span class="foreign">{url}</span>
            </Verdict>
            <div class="stage-actions">
              <Button label={words.connect} kind="primary" onClick={() => connection.connect()} />
              <Button label={words.editConnection} onClick={edit} />
            </div>
          </>
        ) : null}
      </div>
    </div>
  )
}

/** A strip above the screen: what one sees is from before. */
export function ConnectionNotice({ connection }: { readonly connection: Connection }): JSX.Element | null {
  const app = useApp()
  const words = app.words(FRAME)
  const phase = connection.phase.value
  const seconds = useSecondsUntil(phase.phase === 'reconnecting' ? phase.at : 0)
  if (phase.phase === 'reconnecting') {
    return (
      <Strip
        kind="warn"
        icon="clock"
        action={
          <>
            <Button label={words.tryNow} size="s" onClick={() => connection.connect()} />
            <Button label={words.stayOffline} size="s" kind="ghost" onClick={() => connection.disconnect()} />
          </>
        }
      >
        <b>{seconds > 0 ? words.lost(seconds) : words.lostNow}.</b> {words.lostDetail(phase.attempt, problemTitle(phase.cause, words), clockTime(phase.since))}
      </Strip>
    )
  }
  if (phase.phase === 'offline') {
    return (
      <Strip
        kind={phase.cause === null ? 'mute' : 'danger'}
        icon="pause"
        action={<Button label={words.connect} size="s" onClick={() => connection.connect()} />}
      >
        <b>{words.offlineSince(clockTime(phase.since))}.</b>{' '}
        {phase.cause === null ? words.offlineDetail(countText(connection.numbers.value.kept, app.settings.language.value)) : problemTitle(phase.cause, words)}
      </Strip>
    )
  }
  return null
}

/** A reason in words, with its number where there is one. Whose address it is about is seen already. */
export function problemTitle({ code, message, reasonCode }: Problem, words: FrameWords): string {
  const said = message.replace(/^wss?:\/\/\S+: (?=.)/, '')
  const text = said === '' ? (words.causes[code] ?? code) : `${said[0]!.toUpperCase()}${said.slice(1)}`
  return reasonCode === null ? text : `${text} (${reasonCode})`
}

function likely({ code, reasonCode, hint }: Problem, words: FrameWords): string {
  const reason = reasonCode === null ? null : reasonCode < REASON_OF_RETURN_CODE.length ? REASON_OF_RETURN_CODE[reasonCode]! : reasonCode
  const known = reason === null ? undefined : words.likely[reason]
  return known ?? words.causes[code] ?? hint
}

function Stage({ label, ms, isNow }: { readonly label: string; readonly ms: number | null; readonly isNow: boolean }): JSX.Element {
  return (
    <li class={`stage-step ${isNow ? 'stage-now' : ''} ${ms === null && !isNow ? 'stage-later' : ''}`}>
      {ms === null ? <span class="stage-ring" /> : <Icon name="check" />}
      <span>{label}</span>
      <span class="stage-time">{ms === null ? (isNow ? '…' : '') : durationText(ms)}</span>
    </li>
  )
}

/** Whole seconds until a time, counted down while the component is shown; 0 = it is past. */
function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    if (at === 0) return
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [at])
  return Math.max(0, Math.ceil((at - now) / 1000))
}
