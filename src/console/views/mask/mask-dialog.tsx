// Masking payloads: on or off, for which topics, and what it does not do.
// Takes effect at once; the filters as soon as each of them is one.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isTopicFilter } from '../../../wire/mqtt/topics.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Switch } from '../../parts/field.tsx'
import { Verdict } from '../../parts/notice.tsx'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import { MASK } from './mask-words.ts'

export function MaskDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp()
  const words = app.words(MASK)
  const { masks, maskFilters } = app.settings
  const [text, setText] = useState(() => maskFilters.peek().join('\n'))
  const filters = linesOf(text)
  const wrong = filters.find((filter) => !isTopicFilter(filter))
  const problem = wrong !== undefined ? words.problem(wrong) : filters.length === 0 ? words.none : null
  const type = (next: string): void => {
    setText(next)
    const typed = linesOf(next)
    if (typed.length > 0 && typed.every(isTopicFilter)) maskFilters.value = typed
  }
  return (
    <Dialog kind="panel" title={words.title} closeLabel={app.words(FRAME).close} onClose={onClose}>
      <div class="dialog-body scroll stack">
        <p>{words.what}</p>
        <Switch
          label={words.on}
          checked={masks.value}
          onChange={(wanted) => {
            masks.value = wanted
          }}
        />
        <div class="field">
          <label class="field-label" for="mask-filters">
            {words.filters}
          </label>
          <textarea
            id="mask-filters"
            class="input mono"
            rows={3}
            value={text}
            spellcheck={false}
            aria-invalid={problem !== null}
            aria-describedby="mask-hint"
            onInput={(event) => type(event.currentTarget.value)}
          />
          <p id="mask-hint" class={`field-hint ${problem === null ? '' : 'field-problem'}`}>
            {problem ?? words.filtersHint}
          </p>
        </div>
        <Verdict kind="mute" title={words.whole}>
          {words.wholeText}
        </Verdict>
      </div>
      <div class="dialog-foot">
        <span class="spacer" />
        <Button label={words.done} kind="primary" onClick={onClose} />
      </div>
    </Dialog>
  )
}

function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').filter((line) => line !== ''))]
}
