// What lies over the sheet, one at a time: form of a connection, palette, keys, settings, events, subscribe; the publish drawer is loaded when it is first opened.
// Each closes by Escape, by its button, or by a click beside it.

import './overlays.css'
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, Switch } from '../../parts/field.tsx'
import { bytesText, clockTime } from '../../parts/format.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { ListedEvent } from '../../state/event-list.ts'
import type { KeyDescriptions } from '../../state/keyboard.ts'
import { LANGUAGES } from '../../words/catalogue.ts'
import { FRAME } from '../../words/frame.ts'
import type { FrameWords } from '../../words/frame-en.ts'
import { LazyCompare } from '../compare/lazy-compare.tsx'
import { ConnectionForm } from '../connections/connection-form.tsx'
import { problemTitle } from '../connections/connection-state.tsx'
import { LoginForm } from '../connections/login-form.tsx'
import { SubscribeForm } from '../connections/subscribe-form.tsx'
import { Palette } from '../palette/palette.tsx'

export function Overlays(): JSX.Element | null {
  const app = useApp()
  const close = (): void => {
    app.overlay.value = null
  }
  const current = app.connections.current.value
  switch (app.overlay.value) {
    case null:
      return <LazyCompare />
    case 'connect':
      return <ConnectionForm connection={null} onClose={close} />
    case 'edit-connection':
      return <ConnectionForm connection={current} onClose={close} />
    case 'login':
      return <LoginForm onClose={close} />
    case 'subscribe':
      return current === null ? null : <SubscribeForm connection={current} onClose={close} />
    case 'palette':
      return <Palette onClose={close} />
    case 'keys':
      return <Keys onClose={close} />
    case 'events':
      return <EventsPanel onClose={close} />
    case 'settings':
      return <SettingsPanel onClose={close} />
    case 'import':
      return <Lazy key="import" load={async () => (await import('../connections/import-dialog.tsx')).ImportDialog} onClose={close} />
    case 'mask':
      return <Lazy key="mask" load={async () => (await import('../mask/mask-dialog.tsx')).MaskDialog} onClose={close} />
    case 'publish':
      return current === null || current.isFile ? null : (
        <Lazy key={current.id} load={async () => (await import('../publish/publish-drawer.tsx')).PublishDrawer} onClose={close} />
      )
  }
}

interface Closable {
  readonly onClose: () => void
}

/** What is loaded when it is first opened. */
function Lazy({ load, onClose }: Closable & { readonly load: () => Promise<ComponentType<Closable>> }): JSX.Element | null {
  const app = useApp()
  const [loaded, setLoaded] = useState<{ readonly Component: ComponentType<Closable> } | null>(null)
  useEffect(() => {
    load().then(
      (Component) => setLoaded({ Component }),
      () => app.events.add('error', '', app.words(FRAME).loadFailed),
    )
  }, [])
  return loaded === null ? null : <loaded.Component onClose={onClose} />
}

function Keys({ onClose }: Closable): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const layers = app.keys.descriptions.value.filter((layer) => layer.length > 0)
  const everywhere = layers.at(-1) ?? []
  const here = layers.slice(0, -1).flat()
  const lists: KeyDescriptions = [
    ['J K ↓ ↑', words.key.move],
    ['G ⇧G', words.key.ends],
    ['← →', words.key.fold],
    ['Enter', words.key.open],
  ]
  return (
    <Dialog kind="panel" title={words.keys} closeLabel={words.close} onClose={onClose}>
      <div class="dialog-body scroll keys">
        {here.length === 0 ? null : <KeyTable title={words.keysHere} keys={here} />}
        <KeyTable title={words.keysInLists} keys={lists} />
        <KeyTable title={words.keysEverywhere} keys={everywhere} />
      </div>
    </Dialog>
  )
}

function KeyTable({ title, keys }: { readonly title: string; readonly keys: KeyDescriptions }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys-list">
        {keys.map(([key, meaning]) => (
          <div key={key} class="keys-row">
            <dt>
              {key.split(' ').map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function SettingsPanel({ onClose }: Closable): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const { settings } = app
  const [copied, setCopied] = useState(false)
  const themes = (['auto', 'light', 'dark', 'contrast'] as const).map((id) => ({ id, label: words.themes[id] }))
  return (
    <Dialog kind="panel" title={words.settings} closeLabel={words.close} onClose={onClose}>
      <div class="dialog-body scroll stack">
        <div class="field">
          <div class="field-label">{words.theme}</div>
          <Segmented
            label={words.theme}
            options={themes}
            value={settings.theme.value}
            onChange={(theme) => {
              settings.theme.value = theme
            }}
            wide
          />
        </div>
        <SelectField
          label={words.language}
          options={LANGUAGES.map(({ id, name }) => ({ id, label: name }))}
          value={settings.language.value}
          onChange={(language) => {
            settings.language.value = language
          }}
        />
        <div>
          <Switch
            label={words.singleKeys}
            checked={settings.singleKeys.value}
            onChange={(wanted) => {
              settings.singleKeys.value = wanted
            }}
          />
          <p class="field-hint">{words.singleKeysHint}</p>
        </div>
        <div class="settings-actions">
          {app.admin.session.value?.isLoggedIn === true ? <Button label={words.login.logout} icon="lock" onClick={() => app.admin.logout()} /> : null}
          <Button
            label={`${words.mask} …`}
            icon="mask"
            popup="dialog"
            onClick={() => {
              app.overlay.value = 'mask'
            }}
          />
          <Button
            label={copied ? words.copied : words.copyLink}
            icon={copied ? 'check' : 'link'}
            onClick={async () => setCopied(await app.copy(location.href))}
          />
        </div>
      </div>
    </Dialog>
  )
}

const LEVELS: Readonly<Record<ListedEvent['level'], IconName>> = { info: 'info', warn: 'warn', error: 'close' }

function EventsPanel({ onClose }: Closable): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  useEffect(() => app.events.read(), [app.events.list.value])
  return (
    <Dialog kind="drawer" title={words.events} closeLabel={words.close} onClose={onClose}>
      <div class="dialog-body scroll">
        {app.events.list.value.length === 0 ? <p class="muted">{words.noEvents}</p> : null}
        <ol class="events">
          {app.events.list.value.map((event) => (
            <li key={event.id} class={`event event-${event.level}`}>
              <Icon name={LEVELS[event.level]} />
              <time class="event-time">{clockTime(event.time)}</time>
              <span class="event-text foreign">
                {event.connection === '' ? null : <b class="event-where foreign">{event.connection}</b>}
                {eventText(event, words)}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}

function eventText({ what }: ListedEvent, words: FrameWords): string {
  if (typeof what === 'string') return what
  if ('notice' in what) return what.notice === 'stream-ended' ? words.streamEnded : words.packetsMissed(what.events, bytesText(what.bytes))
  switch (what.phase) {
    case 'refused':
    case 'reconnecting':
      return `${words.phase[what.phase]}: ${problemTitle(what.cause, words)}`
    case 'offline':
      return what.cause === null ? words.phase.offline : `${words.phase.offline}: ${problemTitle(what.cause, words)}`
    case 'live':
      return `${words.connectedAs} ${what.clientId}`
    default:
      return words.phase[what.phase]
  }
}
