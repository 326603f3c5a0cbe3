// What the user chose about the console itself: theme, language, single keys. Kept in the browser.
// The theme stands on the root element; `auto` follows the system.

import { effect, type Signal, signal } from '@preact/signals'
import { LANGUAGES, type Language } from '../words/catalogue.ts'

export type Theme = 'auto' | 'light' | 'dark' | 'contrast'

/** What is used of localStorage. */
export interface Storage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
}

/** What is asked of the browser. */
export interface Surroundings {
  readonly storage: Storage
  readonly languages: readonly string[]
  /** `(prefers-color-scheme: dark)` and the like. */
  matches(query: string): boolean
  /** Calls back when the answer to any query may have changed. */
  onChange(action: () => void): void
  setTheme(theme: 'light' | 'dark' | 'contrast'): void
  setLanguage(language: Language): void
}

const STORED = 'zanzara.settings'
const THEMES: readonly Theme[] = ['auto', 'light', 'dark', 'contrast']

export class Settings {
  readonly theme: Signal<Theme>
  readonly language: Signal<Language>
  /** Single keys such as `p`; Ctrl-K and Escape work either way (WCAG 2.1.4). */
  readonly singleKeys: Signal<boolean>
  /** What `auto` comes to at present. */
  readonly shownTheme: Signal<'light' | 'dark' | 'contrast'> = signal('light')

  constructor(surroundings: Surroundings) {
    const stored = read(surroundings.storage)
    this.theme = signal(THEMES.find((theme) => theme === stored['theme']) ?? 'auto')
    this.language = signal(LANGUAGES.find(({ id }) => id === stored['language'])?.id ?? languageOf(surroundings.languages))
    this.singleKeys = signal(stored['singleKeys'] !== false)
    const system: Signal<'light' | 'dark' | 'contrast'> = signal(systemTheme(surroundings))
    surroundings.onChange(() => {
      system.value = systemTheme(surroundings)
    })
    effect(() => {
      this.shownTheme.value = this.theme.value === 'auto' ? system.value : this.theme.value
      surroundings.setTheme(this.shownTheme.value)
    })
    effect(() => surroundings.setLanguage(this.language.value))
    effect(() => {
      surroundings.storage.setItem(STORED, JSON.stringify({ theme: this.theme.value, language: this.language.value, singleKeys: this.singleKeys.value }))
    })
  }

  /** The next one of three, from what is shown. */
  nextTheme(): void {
    const order = ['light', 'dark', 'contrast'] as const
    this.theme.value = order[(order.indexOf(this.shownTheme.peek()) + 1) % order.length]!
  }
}

function read(storage: Storage): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(storage.getItem(STORED) ?? '{}')
    return typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find(({ id }) => tag.toLowerCase().startsWith(id))
    if (found !== undefined) return found.id
  }
  return 'en'
}

function systemTheme(surroundings: Surroundings): 'light' | 'dark' | 'contrast' {
  if (surroundings.matches('(prefers-contrast: more)')) return 'contrast'
  return surroundings.matches('(prefers-color-scheme: dark)') ? 'dark' : 'light'
}
