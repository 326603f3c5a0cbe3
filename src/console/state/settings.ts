// What the user chose about the console itself: theme, language, single keys. Kept in the browser.
// The theme stands on the root element; `auto` follows the system.

import { effect, type Signal, signal } from '@preact/signals'
import { isTopicFilter } from '../../wire/mqtt/topics.ts'
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
  /** Payloads of these Topic Filters are shown as dots, while `masks`. */
  readonly masks: Signal<boolean>
  readonly maskFilters: Signal<readonly string[]>
  /** What `auto` comes to at present. */
  readonly shownTheme: Signal<'light' | 'dark' | 'contrast'> = signal('light')

  constructor(surroundings: Surroundings) {
    const stored = read(surroundings.storage)
    this.theme = signal(THEMES.find((theme) => theme === stored['theme']) ?? 'auto')
    this.language = signal(LANGUAGES.find(({ id }) => id === stored['language'])?.id ?? languageOf(surroundings.languages))
    this.singleKeys = signal(stored['singleKeys'] !== false)
    this.masks = signal(stored['masks'] === true)
    this.maskFilters = signal(filtersOf(stored['maskFilters']))
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
      const { theme, language, singleKeys, masks, maskFilters } = this
      const kept = { theme: theme.value, language: language.value, singleKeys: singleKeys.value, masks: masks.value, maskFilters: maskFilters.value }
      surroundings.storage.setItem(STORED, JSON.stringify(kept))
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

/** All payloads, if nothing else was chosen. */
function filtersOf(stored: unknown): string[] {
  const filters = Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string' && isTopicFilter(one)) : []
  return filters.length === 0 ? ['#'] : filters
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
