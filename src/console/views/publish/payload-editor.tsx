// The payload as it is typed: lines with numbers and colours behind a text field that shows only its caret.
// Both wrap alike: the same font, the same width, no scroll bar of their own.

import type { JSX, RefObject } from 'preact'
import { useRef } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { bytesText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { dotsOf } from '../../worker/payload-mask.ts'
import { PLACEHOLDERS } from '../../worker/template.ts'
import { payloadLines } from './payload-tokens.ts'
import { bytesOfHex, type FormProblem, isJson, type PayloadKind, type PublishForm } from './publish-form.ts'
import { PUBLISH } from './publish-words.ts'

const KINDS: readonly PayloadKind[] = ['json', 'text', 'hex', 'file']

export interface PayloadEditorProps {
  readonly form: PublishForm
  readonly problem: FormProblem | null
  readonly onChange: (change: Partial<PublishForm>) => void
}

export function PayloadEditor({ form, problem, onChange }: PayloadEditorProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const { kind, text, file } = form
  const field = useRef<HTMLTextAreaElement>(null)
  /** Where the caret was. */
  const insert = (added: string): void => {
    const from = field.current?.selectionStart ?? text.length
    const to = field.current?.selectionEnd ?? text.length
    onChange({ text: text.slice(0, from) + added + text.slice(to) })
    requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.setSelectionRange(from + added.length, from + added.length)
    })
  }
  const isWrong = problem !== null && (problem.field === 'payload' || (problem.field === 'template' && text.includes(problem.text.split(' ')[0] ?? '')))
  return (
    <section class="publish-part">
      <div class="publish-line">
        <h3>{words.payload}</h3>
        <Segmented
          label={words.format}
          options={KINDS.map((id) => ({ id, label: words.kinds[id] }))}
          value={kind}
          onChange={(next) => onChange({ kind: next })}
        />
        <span class="spacer" />
        <Judgement form={form} />
      </div>
      {kind === 'file' ? (
        <FileChoice file={file} onChoose={(chosen) => onChange({ file: chosen })} />
      ) : (
        <Editor
          kind={kind}
          text={text}
          isMasked={app.mask.value.hides(form.topic)}
          isWrong={isWrong}
          onInput={(next) => onChange({ text: next })}
          field={field}
        />
      )}
      {kind === 'json' || kind === 'text' ? (
        <p class="publish-hint">
          {words.hint}{' '}
          {PLACEHOLDERS.map((placeholder) => (
            <button key={placeholder} type="button" class="publish-placeholder" onClick={() => insert(placeholder)}>
              {placeholder}
            </button>
          ))}
        </p>
      ) : null}
    </section>
  )
}

interface EditorProps {
  readonly kind: PayloadKind
  readonly text: string
  /** Dots are shown; what is typed is there. */
  readonly isMasked: boolean
  readonly isWrong: boolean
  readonly onInput: (text: string) => void
  readonly field: RefObject<HTMLTextAreaElement | null>
}

function Editor({ kind, text, isMasked, isWrong, onInput, field }: EditorProps): JSX.Element {
  const words = useApp().words(PUBLISH)
  return (
    <div class={`editor ${isWrong ? 'editor-wrong' : ''}`}>
      <div class="editor-inside">
        <div class="editor-lines" aria-hidden="true">
          {payloadLines(isMasked ? dotsOf(text) : text, isMasked ? 'text' : kind).map((tokens, i) => (
            <div key={i} class="editor-line">
              <span class="editor-number">{i + 1}</span>
              {tokens.map((token, at) => (
                <span key={at} class={`token-${token.kind}`}>
                  {token.text}
                </span>
              ))}
              {'\u200b'}
            </div>
          ))}
        </div>
        <textarea
          ref={field as RefObject<HTMLTextAreaElement>}
          class="editor-text"
          aria-label={words.payload}
          aria-invalid={isWrong}
          value={text}
          spellcheck={false}
          autocapitalize="off"
          placeholder={kind === 'hex' ? '01 02 a4 ff' : ''}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
    </div>
  )
}

function Judgement({ form }: { readonly form: PublishForm }): JSX.Element | null {
  const words = useApp().words(PUBLISH)
  const { kind, text } = form
  if (kind === 'json' && text.trim() !== '') return isJson(text) ? <Good text={words.validJson} /> : <span class="publish-note">{words.invalidJson}</span>
  if (kind === 'hex' && text !== '') {
    const bytes = bytesOfHex(text)
    return bytes === null ? <span class="publish-note publish-bad">{words.hexProblem}</span> : <Good text={bytesText(bytes.length)} />
  }
  return null
}

function Good({ text }: { readonly text: string }): JSX.Element {
  return (
    <span class="publish-note publish-good">
      <Icon name="check" />
      {text}
    </span>
  )
}

interface FileChoiceProps {
  readonly file: PublishForm['file']
  readonly onChoose: (file: PublishForm['file']) => void
}

function FileChoice({ file, onChoose }: FileChoiceProps): JSX.Element {
  const words = useApp().words(PUBLISH)
  const choose = (): void => {
    const input = document.createElement('input')
    input.type = 'file'
    input.onchange = async () => {
      const chosen = input.files?.[0]
      if (chosen !== undefined) onChoose({ name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) })
    }
    input.click()
  }
  return (
    <div class="publish-file">
      <Button label={words.chooseFile} icon="folder" onClick={choose} />
      {file === null ? null : (
        <span class="cut">
          <b class="foreign">{file.name}</b> <span class="muted">{bytesText(file.bytes.length)}</span>
        </span>
      )}
    </div>
  )
}
