// Single keys: those of the whole console, and those of the screen that is shown. They do nothing while somebody types.
// Components call useKeys(); the sheet of keys (`?`) reads what is bound.

import { type Signal, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useApp } from './app-context.ts'

/** By `event.key`; `Ctrl+k` for those with Control or Command. */
export type KeyBindings = Readonly<Record<string, (event: KeyboardEvent) => void>>

export type KeyDescriptions = readonly (readonly [key: string, meaning: string])[]

interface Layer {
  bindings: KeyBindings
  descriptions: KeyDescriptions
}

/** Elements that take typed characters. */
const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]'
/** Where Space and Enter already mean something. */
const PRESSABLE = 'button, a[href], summary, input, [role=tab], [role=option], [role=menuitem], [role=radio]'

export class Keyboard {
  /** What is bound now, the innermost first. */
  readonly descriptions: Signal<readonly KeyDescriptions[]> = signal([])
  readonly #layers: Layer[] = []
  readonly #allowed: () => boolean

  /** `allowed`: whether single keys are wanted. */
  constructor(allowed: () => boolean) {
    this.#allowed = allowed
  }

  add(layer: Layer): () => void {
    this.#layers.unshift(layer)
    this.#tell()
    return () => {
      this.#layers.splice(this.#layers.indexOf(layer), 1)
      this.#tell()
    }
  }

  /** For the document's keydown. */
  pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return
    const target = event.target as Element | null
    const withControl = event.ctrlKey || event.metaKey
    if (event.altKey) return
    const isTyping = target?.closest(TYPING) != null
    if (!withControl && event.key !== 'Escape' && (isTyping || !this.#allowed())) return
    if (event.key === ' ' && target?.closest(PRESSABLE) != null) return
    const name = withControl ? `Ctrl+${event.key.toLowerCase()}` : event.key
    for (const { bindings } of this.#layers) {
      const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined
      if (binding === undefined) continue
      event.preventDefault()
      binding(event)
      return
    }
  }

  #tell(): void {
    this.descriptions.value = this.#layers.map(({ descriptions }) => descriptions)
  }
}

/** Binds keys while the component is shown. The functions may change from one rendering to the next. */
export function useKeys(bindings: KeyBindings, descriptions: KeyDescriptions = []): void {
  const { keys } = useApp()
  const layer = useRef<Layer>({ bindings, descriptions })
  layer.current.bindings = bindings
  layer.current.descriptions = descriptions
  useEffect(() => keys.add(layer.current), [keys])
}
