// Names that belong to something: roles of a user, members of a group. Each can be taken away; others are added from those there are.
// The broker keeps their order.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, IconButton } from '../../parts/button.tsx'
import { SelectField } from '../../parts/field.tsx'
import { visibleLine } from '../../worker/visible-text.ts'
import type { SecurityWords } from './security-words.ts'

export interface LinksProps {
  readonly title: string
  readonly names: readonly string[]
  /** What stands behind a name. */
  readonly more?: (name: string) => string
  readonly all: readonly string[]
  readonly onAdd: (name: string) => void
  readonly onRemove: (name: string) => void
  readonly words: SecurityWords
}

export function Links({ title, names, more, all, onAdd, onRemove, words }: LinksProps): JSX.Element {
  const others = all.filter((name) => !names.includes(name))
  const [wanted, setWanted] = useState('')
  const chosen = others.includes(wanted) ? wanted : (others[0] ?? '')
  return (
    <section class="security-part">
      <h3>{title}</h3>
      <ul>
        {names.length === 0 ? <li class="muted security-row">{words.noneYet}</li> : null}
        {names.map((name) => (
          <li key={name} class="security-row">
            <span class="foreign">{visibleLine(name)}</span>
            <span class="muted">{more?.(name)}</span>
            <span class="spacer" />
            <IconButton icon="close" label={words.remove(visibleLine(name))} onClick={() => onRemove(name)} />
          </li>
        ))}
      </ul>
      {others.length === 0 ? null : (
        <div class="security-line">
          <SelectField
            bare
            label={words.addOf(title)}
            value={chosen}
            options={others.map((name) => ({ id: name, label: visibleLine(name) }))}
            onChange={setWanted}
          />
          <Button label={words.add} icon="plus" onClick={() => onAdd(chosen)} />
        </div>
      )}
    </section>
  )
}
