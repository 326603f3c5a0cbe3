// What the URL's hash says: `#/topics?on=lab&topic=a/b&find=temp`. A copied link opens the same view; secrets never stand in it.
// Signals on one side, the hash on the other; each follows the other.

import { effect, type Signal, signal } from '@preact/signals'
import type { Selection } from './selection.ts'

/** What is used of the browser. */
export interface Hash {
  read(): string
  /** Without a new step in the history. */
  replace(hash: string): void
  push(hash: string): void
  onChange(action: () => void): void
}

const SELECTED = ['topic', 'message', 'frame']

export class Route {
  readonly screen: Signal<string>
  readonly #parameters = new Map<string, Signal<string>>()
  readonly #count: Signal<number> = signal(0)
  readonly #hash: Hash
  #written = ''

  constructor(hash: Hash, selection: Selection, firstScreen: string) {
    this.#hash = hash
    this.screen = signal(firstScreen)
    this.#read(selection, firstScreen)
    hash.onChange(() => {
      if (hash.read() !== this.#written) this.#read(selection, firstScreen)
    })
    effect(() => {
      const text = this.#text(selection)
      if (text === this.#written) return
      const isOther = screenOf(text) !== screenOf(this.#written)
      this.#written = text
      if (isOther) hash.push(text)
      else hash.replace(text)
    })
  }

  go(screen: string): void {
    this.screen.value = screen
  }

  /** A value of the hash; '' = it is not there. The same signal for the same name. */
  parameter(name: string): Signal<string> {
    const known = this.#parameters.get(name)
    if (known !== undefined) return known
    const made = signal('')
    this.#parameters.set(name, made)
    this.#count.value++
    return made
  }

  #read(selection: Selection, firstScreen: string): void {
    const text = this.#hash.read()
    this.#written = text
    const { screen, values } = parseHash(text)
    this.screen.value = screen === '' ? firstScreen : screen
    for (const name of this.#parameters.keys()) if (!values.has(name)) this.parameter(name).value = ''
    for (const [name, value] of values) if (!SELECTED.includes(name)) this.parameter(name).value = value
    const number = (name: string): number | null => (/^\d{1,15}$/.test(values.get(name) ?? '') ? Number(values.get(name)) : null)
    selection.value.value = { topic: values.get('topic') ?? null, message: number('message'), frame: number('frame') }
  }

  #text(selection: Selection): string {
    this.#count.value // another parameter is another reason to write
    const values = new Map<string, string>()
    for (const [name, { value }] of [...this.#parameters].sort()) if (value !== '') values.set(name, value)
    const { topic, message, frame } = selection.value.value
    if (topic !== null) values.set('topic', topic)
    if (message !== null) values.set('message', String(message))
    if (frame !== null) values.set('frame', String(frame))
    return formatHash(this.screen.value, values)
  }
}

export interface ParsedHash {
  readonly screen: string
  readonly values: ReadonlyMap<string, string>
}

/** `#/screen?name=value&…`; what is no such thing gives what can be read of it. */
export function parseHash(hash: string): ParsedHash {
  const text = hash.replace(/^#\/?/, '')
  const question = text.indexOf('?')
  const screen = question < 0 ? text : text.slice(0, question)
  return { screen: /^[a-z]{1,20}$/.test(screen) ? screen : '', values: new Map(question < 0 ? [] : new URLSearchParams(text.slice(question + 1))) }
}

/** Topics keep their slashes: people read links. */
export function formatHash(screen: string, values: ReadonlyMap<string, string>): string {
  const query = new URLSearchParams([...values]).toString().replaceAll('%2F', '/').replaceAll('%24', '$')
  return `#/${screen}${query === '' ? '' : `?${query}`}`
}

function screenOf(hash: string): string {
  return parseHash(hash).screen
}
