// The command palette: commands, screens, connections and topics by typing. `>` for commands only, `#` for topics only.
// A combobox with a list: arrows choose, Enter runs, Escape closes.

import './palette.css'
import type { JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Kbd } from '../../parts/badge.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import type { App } from '../../state/app.ts'
import { useApp } from '../../state/app-context.ts'
import { LANGUAGES } from '../../words/catalogue.ts'
import { FRAME } from '../../words/frame.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { labelOf } from '../compare/connection-label.ts'
import { CAPTURE_WORDS } from '../packets/capture-words.ts'
import { chooseCapture } from '../packets/open-capture.ts'
import { SCREENS } from '../registry.ts'
import { matching } from './palette-match.ts'

interface Command {
  readonly id: string
  readonly icon: IconName
  readonly text: string
  readonly note: string
  readonly run: () => void
}

const TOPICS = 8

export function Palette({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const [topics, setTopics] = useState<readonly Command[]>([])
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const current = app.connections.current.value
  const wanted = typed.replace(/^[>#]\s*/, '')

  useEffect(() => {
    if (current === null || current.isFile || wanted === '' || typed.startsWith('>')) {
      setTopics([])
      return
    }
    let isOld = false
    app.worker
      .call('topics/complete', { connection: current.id, text: wanted, limit: TOPICS })
      .then((found) => {
        if (isOld) return
        setTopics(
          found.map(({ topic, glance }) => ({
            id: `#${topic}`,
            icon: 'topics',
            text: visibleLine(topic),
            note: glance === null ? '' : visibleLine(`${glance.text} ${glance.unit}`),
            run: () => {
              app.selection.selectTopic(topic)
              app.route.go('topics')
            },
          })),
        )
      })
      .catch(() => setTopics([]))
    return () => {
      isOld = true
    }
  }, [wanted, typed, current])

  const commands = typed.startsWith('#') ? [] : matching(commandsOf(app), wanted)
  const all = [...commands, ...topics]
  const chosen = Math.min(at, all.length - 1)
  const run = (command: Command | undefined): void => {
    if (command === undefined) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, all.length))
    else if (event.key === 'ArrowUp') setAt((chosen - 1 + all.length) % Math.max(1, all.length))
    else if (event.key === 'Enter') run(all[chosen])
    else return
    event.preventDefault()
  }
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const option = (command: Command, index: number): JSX.Element => (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the input above has the keys
    <div
      key={command.id}
      id={`${id}-${index}`}
      class="palette-item"
      role="option"
      tabIndex={-1}
      aria-selected={index === chosen}
      onClick={() => run(command)}
      onPointerMove={() => setAt(index)}
    >
      <Icon name={command.icon} />
      <span class="cut foreign">{command.text}</span>
      <em class="palette-note cut foreign">{command.note}</em>
    </div>
  )
  return (
    <Dialog kind="panel" title={words.palette.title} closeLabel={words.close} onClose={onClose} bare>
      <div class="palette-line">
        <Icon name="search" />
        <input
          class="palette-input"
          type="text"
          role="combobox"
          data-autofocus=""
          value={typed}
          placeholder={words.palette.placeholder}
          aria-label={words.palette.title}
          aria-expanded={true}
          aria-controls={`${id}-list`}
          aria-activedescendant={all.length > 0 ? `${id}-${chosen}` : undefined}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
        <Kbd>Esc</Kbd>
      </div>
      <div ref={list} class="palette-list scroll" id={`${id}-list`} role="listbox" aria-label={words.palette.title} tabIndex={-1}>
        {commands.length === 0 ? null : <div class="palette-head">{words.palette.commands}</div>}
        {commands.map(option)}
        {topics.length === 0 ? null : <div class="palette-head">{words.palette.topics}</div>}
        {topics.map((topic, index) => option(topic, commands.length + index))}
        {all.length === 0 ? <p class="palette-none">{words.palette.none}</p> : null}
      </div>
      <div class="palette-foot wide-only">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {words.palette.choose}
        </span>
        <span>
          <kbd>↵</kbd> {words.palette.run}
        </span>
        <span class="spacer" />
        <span>{words.palette.hint}</span>
      </div>
    </Dialog>
  )
}

function commandsOf(app: App): Command[] {
  const words = app.words(FRAME)
  const { palette } = words
  const current = app.connections.current.value
  const isLive = current !== null && !current.isFile
  const show = (overlay: NonNullable<typeof app.overlay.value>) => () => {
    app.overlay.value = overlay
  }
  const commands: Command[] = SCREENS.map(({ id, icon, key }) => ({
    id: `screen ${id}`,
    icon,
    text: palette.goTo(words.screen[id]),
    note: key,
    run: () => app.route.go(id),
  }))
  if (isLive) {
    const isPaused = current.paused.value
    const isDemo = current.isDemo.value
    commands.push(
      { id: 'publish', icon: 'send', text: words.publish, note: 'P', run: () => app.publish(app.selection.value.peek().topic ?? '') },
      { id: 'subscribe', icon: 'plus', text: words.subscription.title, note: 'S', run: show('subscribe') },
      { id: 'pause', icon: isPaused ? 'play' : 'pause', text: isPaused ? words.resume : words.pause, note: '␣', run: () => current.pause(!isPaused) },
      { id: 'demo', icon: 'bolt', text: isDemo ? palette.demoOff : palette.demoOn, note: '', run: () => current.runDemo(!isDemo) },
      { id: 'edit', icon: 'gear', text: words.editConnection, note: current.name, run: show('edit-connection') },
      { id: 'disconnect', icon: 'close', text: words.disconnect, note: current.name, run: () => current.disconnect() },
      { id: 'clear', icon: 'trash', text: palette.clearData, note: current.name, run: () => app.worker.call('connection/clear', { connection: current.id }) },
    )
    for (const there of app.connections.list.value) {
      const run = (): void => {
        app.compared.value = { here: current, there }
      }
      if (there !== current && !there.isFile)
        commands.push({
          id: `compare ${there.id}`,
          icon: 'ladder',
          text: palette.compareWith(labelOf(there, app.connections.list.value)),
          note: current.name,
          run,
        })
    }
  }
  commands.push(
    { id: 'connect', icon: 'plus', text: words.newConnection, note: '', run: show('connect') },
    { id: 'capture', icon: 'folder', text: app.words(CAPTURE_WORDS).open, note: '', run: () => chooseCapture(app) },
  )
  if (current !== null)
    commands.push({
      id: 'view',
      icon: 'disk',
      text: palette.saveView,
      note: '.zzb',
      run: () => {
        import('../packets/view-file.ts')
          .then(({ saveView }) => saveView(app, current))
          .catch((error: unknown) => app.events.add('error', current.name, `${error}`))
      },
    })
  for (const one of app.connections.list.value)
    if (one !== current)
      commands.push({ id: `connection ${one.id}`, icon: 'broker', text: palette.showConnection(one.name), note: '', run: () => app.connections.show(one) })
  commands.push(
    {
      id: 'mask',
      icon: 'mask',
      text: app.settings.masks.value ? words.unmask : words.mask,
      note: app.settings.maskFilters.value.join(' '),
      run: () => {
        app.settings.masks.value = !app.settings.masks.peek()
      },
    },
    { id: 'mask-filters', icon: 'mask', text: `${words.mask} …`, note: '', run: show('mask') },
    { id: 'link', icon: 'link', text: words.copyLink, note: '', run: () => app.copy(location.href) },
    { id: 'events', icon: 'bell', text: words.events, note: '', run: show('events') },
    { id: 'settings', icon: 'gear', text: words.settings, note: '', run: show('settings') },
    { id: 'keys', icon: 'keyboard', text: words.keys, note: '?', run: show('keys') },
  )
  for (const theme of ['auto', 'light', 'dark', 'contrast'] as const) {
    const choose = (): void => {
      app.settings.theme.value = theme
    }
    commands.push({ id: `theme ${theme}`, icon: 'moon', text: palette.theme(words.themes[theme]), note: '', run: choose })
  }
  for (const { id, name } of LANGUAGES) {
    const choose = (): void => {
      app.settings.language.value = id
    }
    commands.push({ id: `language ${id}`, icon: 'info', text: palette.language(name), note: '', run: choose })
  }
  return commands
}
