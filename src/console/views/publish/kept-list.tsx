// Messages that were sent before, or saved: one press puts one back into the form.
// Shown at the top of the drawer in place of nothing else: the form stays below.

import type { JSX } from 'preact'
import { QosBadge } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { useApp } from '../../state/app-context.ts'
import { dotsOf } from '../../worker/payload-mask.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { PublishForm } from './publish-form.ts'
import { PUBLISH } from './publish-words.ts'

export interface KeptListProps {
  readonly title: string
  readonly forms: readonly PublishForm[]
  readonly onChoose: (form: PublishForm) => void
  readonly onRemove: (index: number) => void
  /** Saves what stands in the form; null = this list is filled by sending. */
  readonly onSave: (() => void) | null
}

const PREVIEW = 80

export function KeptList({ title, forms, onChoose, onRemove, onSave }: KeptListProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const mask = app.mask.value
  return (
    <section class="kept" aria-label={title}>
      <div class="publish-line">
        <h3>{title}</h3>
        <span class="spacer" />
        {onSave === null ? null : <Button label={words.save} icon="plus" size="s" onClick={onSave} />}
      </div>
      {forms.length === 0 ? <p class="muted">{words.none}</p> : null}
      <ul class="kept-list">
        {forms.map((form, i) => (
          <li key={i} class="kept-row">
            <button type="button" class="kept-form" onClick={() => onChoose(form)}>
              <code class="cut foreign">{visibleLine(form.topic)}</code>
              <QosBadge qos={form.qos} />
              <code class="kept-text cut foreign">
                {mask.hides(form.topic) ? dotsOf(form.text.slice(0, PREVIEW)) : visibleLine(form.text.slice(0, PREVIEW))}
              </code>
            </button>
            <IconButton icon="close" label={words.remove(form.topic)} onClick={() => onRemove(i)} />
          </li>
        ))}
      </ul>
    </section>
  )
}
