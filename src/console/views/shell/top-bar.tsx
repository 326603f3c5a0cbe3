// The bar on top: connections as tabs, search, what is live, and the button that publishes.
// Under 700 px only the connection that is shown stays in it.

import type { JSX } from 'preact'
import { Dot, type DotKind, Kbd } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { rateText } from '../../parts/format.ts'
import { Icon, type IconName, Logo } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { FRAME } from '../../words/frame.ts'
import type { ConnectionPhase } from '../../worker/protocol.ts'

const THEME_ICONS: Readonly<Record<string, IconName>> = { light: 'sun', dark: 'moon', contrast: 'contrast' }

export function TopBar(): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const { overlay, settings, connections, events } = app
  const current = connections.current.value
  const unread = events.unread.value
  const open = (what: NonNullable<typeof overlay.value>) => () => {
    overlay.value = what
  }
  return (
    <header class="top">
      <span class="brand">
        <Logo />
        <span class="brand-name">Zanzara</span>
      </span>
      <div class="conns">
        {/* biome-ignore lint/a11y/useSemanticElements: no fieldset, which groups fields */}
        <div class="conns" role="group" aria-label={words.connections}>
          {connections.list.value.map((connection) => (
            <ConnectionTab key={connection.id} connection={connection} isCurrent={connection === current} />
          ))}
        </div>
        <IconButton icon="plus" label={words.newConnection} class="conn-add" popup="dialog" onClick={open('connect')} />
      </div>
      <button type="button" class="omni" aria-haspopup="dialog" onClick={open('palette')}>
        <Icon name="search" />
        <span class="omni-text cut">{words.search}</span>
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
      </button>
      <div class="top-right">
        {current === null || current.isFile ? null : <Live connection={current} />}
        <IconButton icon={THEME_ICONS[settings.shownTheme.value]!} label={`${words.theme} (T)`} class="wide-only" onClick={() => settings.nextTheme()} />
        <IconButton
          icon="bell"
          label={unread === 0 ? words.events : `${words.events}: ${words.newEvents(unread)}`}
          dot={unread > 0}
          class="wide-only"
          popup="dialog"
          onClick={open('events')}
        />
        {settings.masks.value ? <IconButton icon="mask" label={words.masked} class="narrow-only top-masked" popup="dialog" onClick={open('mask')} /> : null}
        <IconButton icon="search" label={words.search} class="narrow-only" popup="dialog" onClick={open('palette')} />
        <Button
          label={words.publish}
          icon="send"
          kind="primary"
          shortcut="P"
          popup="dialog"
          disabled={current === null || current.isFile}
          onClick={() => app.publish(app.selection.value.peek().topic ?? '')}
        />
      </div>
    </header>
  )
}

function ConnectionTab({ connection, isCurrent }: { readonly connection: Connection; readonly isCurrent: boolean }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const phase = connection.phase.value
  const { name, url } = connection.profile.value
  return (
    <div class={`conn ${isCurrent ? 'conn-current' : ''}`} role="presentation">
      <button
        type="button"
        class="conn-tab"
        aria-current={isCurrent}
        title={`${url === '' ? name : url}: ${words.phase[phase.phase]}`}
        onClick={() => app.connections.show(connection)}
      >
        {connection.isFile ? <Icon name="folder" class="conn-file" /> : <Dot kind={dotOf(phase, connection.paused.value)} />}
        <span class="conn-name cut foreign">{name}</span>
        {connection.isFile || hostOf(url) === name ? null : <span class="conn-where cut">{hostOf(url)}</span>}
      </button>
      {app.connections.list.value.length > 1 || connection.isFile ? (
        <IconButton icon="close" label={words.closeConnection(name)} class="conn-close" onClick={() => app.connections.close(connection)} />
      ) : null}
    </div>
  )
}

/** Says what comes in, and pauses. */
function Live({ connection }: { readonly connection: Connection }): JSX.Element {
  const words = useApp().words(FRAME)
  const paused = connection.paused.value
  const kind = dotOf(connection.phase.value, paused)
  const word = connection.phase.value.phase === 'live' ? (paused ? words.paused : words.live) : words.phase[connection.phase.value.phase]
  return (
    <>
      <span class="live">
        <Dot kind={kind} />
        <span class="live-word">{word}</span>
        <span class="live-rate">{rateText(connection.numbers.value.rate) || '0'}/s</span>
      </span>
      <IconButton icon={paused ? 'play' : 'pause'} label={paused ? words.resume : words.pause} pressed={paused} onClick={() => connection.pause(!paused)} />
    </>
  )
}

export function dotOf(phase: ConnectionPhase, paused: boolean): DotKind {
  switch (phase.phase) {
    case 'live':
      return paused ? 'paused' : 'live'
    case 'connecting':
    case 'reconnecting':
      return 'wait'
    case 'refused':
      return 'refused'
    default:
      return 'off'
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}
