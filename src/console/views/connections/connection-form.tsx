// The form of a connection: address, login, what to subscribe to; brokers used before and public ones to begin with.
// The password stays in memory; everything else is remembered.

import './connection-form.css'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isTopicFilter } from '../../../wire/mqtt/topics.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { CheckBox, NumberField, SelectField, TextField } from '../../parts/field.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { DEFAULT_SUBSCRIPTION, EMPTY_PROFILE } from '../../state/connections.ts'
import { FRAME } from '../../words/frame.ts'
import type { Profile } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { CAPTURE_WORDS } from '../packets/capture-words.ts'
import { chooseCapture } from '../packets/open-capture.ts'
import { pageProfile } from './first-connection.ts'
import { LOCAL_URL, PRESETS } from './presets.ts'

const VERSIONS = [
  { id: '5', label: 'MQTT 5.0' },
  { id: '4', label: 'MQTT 3.1.1' },
  { id: '3', label: 'MQTT 3.1' },
] as const

/** Profiles used before that are listed at once. */
const SHOWN_KNOWN = 5

export interface ConnectionFormProps {
  /** Null = a new one. */
  readonly connection: Connection | null
  readonly onClose: () => void
}

export function ConnectionForm({ connection, onClose }: ConnectionFormProps): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const texts = words.connection
  const [profile, setProfile] = useState<Profile>(() => connection?.profile.peek() ?? linked(app.route.parameter('broker').peek()) ?? pageProfile())
  const [filters, setFilters] = useState(() => textOf(profile))
  const set = (change: Partial<Profile>): void => setProfile({ ...profile, ...change })
  const take = (next: Profile): void => {
    setProfile(next)
    setFilters(textOf(next))
  }
  const urlProblem = profile.url === '' ? null : problemOfUrl(profile.url, texts)
  const wrong = linesOf(filters).find((filter) => !isTopicFilter(filter))
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (profile.url === '' || urlProblem !== null || wrong !== undefined) return
    const name = profile.name.trim() === '' ? new URL(profile.url).hostname : profile.name.trim()
    const known = new Map(profile.subscriptions.map((one) => [one.filter, one]))
    const subscriptions = linesOf(filters).map((filter) => known.get(filter) ?? { ...DEFAULT_SUBSCRIPTION, filter })
    const whole = { ...profile, name, subscriptions }
    app.route.parameter('broker').value = ''
    onClose()
    if (connection === null) await app.connections.open(whole)
    else await app.connections.change(connection, whole)
  }
  return (
    <Dialog kind="panel" title={connection === null ? texts.title : texts.editTitle} closeLabel={words.close} onClose={onClose}>
      <form class="connect" onSubmit={submit}>
        <div class="dialog-body scroll">
          {connection === null ? <Starts onTake={take} /> : null}
          <div class="stack">
            <TextField
              label={texts.url}
              value={profile.url}
              onInput={(url) => set({ url })}
              hint={texts.urlHint}
              problem={urlProblem}
              placeholder={LOCAL_URL}
              mono
              autofocus
            />
            <div class="connect-two">
              <TextField label={texts.name} value={profile.name} onInput={(name) => set({ name })} />
              <SelectField
                label={texts.version}
                options={VERSIONS}
                value={String(profile.version) as '3' | '4' | '5'}
                onChange={(version) => set({ version: Number(version) as 3 | 4 | 5 })}
              />
            </div>
            <div class="connect-two">
              <TextField label={texts.userName} value={profile.userName} onInput={(userName) => set({ userName })} autocomplete="username" />
              <TextField
                label={texts.password}
                type="password"
                value={profile.password}
                onInput={(password) => set({ password })}
                hint={texts.passwordHint}
                autocomplete="current-password"
              />
            </div>
            <div class="field">
              <label class="field-label" for="connect-filters">
                {texts.subscriptions}
              </label>
              <textarea
                id="connect-filters"
                class="input mono"
                rows={3}
                value={filters}
                spellcheck={false}
                aria-invalid={wrong !== undefined}
                onInput={(event) => setFilters(event.currentTarget.value)}
              />
              <p class={`field-hint ${wrong === undefined ? '' : 'field-problem'}`}>
                {wrong === undefined ? texts.subscriptionsHint : texts.subscriptionProblem(wrong)}
              </p>
            </div>
            <details class="connect-more">
              <summary>{texts.more}</summary>
              <div class="stack">
                <div class="connect-two">
                  <TextField label={texts.clientId} value={profile.clientId} onInput={(clientId) => set({ clientId })} hint={texts.clientIdHint} />
                  <NumberField label={texts.keepAlive} value={profile.keepAlive} most={65_535} onInput={(keepAlive) => set({ keepAlive })} />
                </div>
                <CheckBox label={texts.cleanStart} checked={profile.cleanStart} onChange={(cleanStart) => set({ cleanStart })} />
              </div>
            </details>
          </div>
        </div>
        <div class="dialog-foot">
          <span class="spacer" />
          <Button label={words.cancel} onClick={onClose} />
          <Button label={words.connect} kind="primary" submit disabled={profile.url === '' || urlProblem !== null || wrong !== undefined} />
        </div>
      </form>
    </Dialog>
  )
}

/** Where to begin: this page's broker, those used before, public ones. */
function Starts({ onTake }: { readonly onTake: (profile: Profile) => void }): JSX.Element {
  const app = useApp()
  const texts = app.words(FRAME).connection
  const known = app.connections.known.value
  const isSecure = location.protocol === 'https:'
  const one = (profile: Profile): JSX.Element => (
    <li key={`${profile.name} ${profile.url}`} class="start">
      <button type="button" class="start-take" onClick={() => onTake(profile)}>
        <b class="cut foreign">{visibleLine(profile.name)}</b>
        <code class="cut foreign">{visibleLine(profile.url)}</code>
      </button>
      <IconButton icon="close" label={texts.forget(profile.name)} onClick={() => app.connections.forget(profile)} />
    </li>
  )
  return (
    <div class="starts">
      <div class="starts-line">
        <Button label={texts.thisHost} size="s" onClick={() => onTake(pageProfile())} />
        <Button label={texts.localHost} size="s" disabled={isSecure} onClick={() => onTake({ ...EMPTY_PROFILE, name: 'localhost', url: LOCAL_URL })} />
        <span class="spacer" />
        <Button
          label={texts.import}
          icon="upload"
          size="s"
          kind="ghost"
          onClick={() => {
            app.overlay.value = 'import'
          }}
        />
        <Button label={app.words(CAPTURE_WORDS).open} icon="folder" size="s" kind="ghost" onClick={() => chooseCapture(app)} />
      </div>
      {known.length === 0 ? null : (
        <>
          <h3 class="starts-head">{texts.known}</h3>
          <ul class="starts-list">{known.slice(0, SHOWN_KNOWN).map(one)}</ul>
          {known.length <= SHOWN_KNOWN ? null : (
            <details class="connect-more">
              <summary>{texts.knownMore(known.length - SHOWN_KNOWN)}</summary>
              <ul class="starts-list">{known.slice(SHOWN_KNOWN).map(one)}</ul>
            </details>
          )}
        </>
      )}
      <details class="connect-more">
        <summary>{texts.presets}</summary>
        <p class="field-hint">{texts.presetsHint}</p>
        <ul class="starts-list">
          {PRESETS.map(({ name, url, filters }) => (
            <li key={url} class="start">
              <button
                type="button"
                class="start-take"
                onClick={() => onTake({ ...EMPTY_PROFILE, name, url, subscriptions: filters.map((filter) => ({ ...DEFAULT_SUBSCRIPTION, filter })) })}
              >
                <b class="cut">{name}</b>
                <code class="cut">{url}</code>
              </button>
              <Icon name="right" />
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}

/** A link may name a broker: the form opens with it, and connects only when it is sent. */
function linked(url: string): Profile | null {
  return /^wss?:\/\//.test(url) ? { ...EMPTY_PROFILE, url } : null
}

function problemOfUrl(text: string, texts: { readonly urlProblem: string; readonly urlMixed: string }): string | null {
  try {
    const { protocol, hostname } = new URL(text)
    if ((protocol !== 'ws:' && protocol !== 'wss:') || hostname === '') return texts.urlProblem
    return protocol === 'ws:' && location.protocol === 'https:' ? texts.urlMixed : null
  } catch {
    return texts.urlProblem
  }
}

function textOf({ subscriptions }: Profile): string {
  return subscriptions.map(({ filter }) => filter).join('\n')
}

function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').filter((line) => line !== ''))]
}
