// The message as a line for a terminal or a program, as it would be typed against the broker of this tab.
// A page knows the WebSocket's port only; where the admin API says which port is plain MQTT, that one is written.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { hostOf, usePlainPort } from '../../state/plain-port.ts'
import { dotsOf } from '../../worker/payload-mask.ts'
import { COPY_FORMS, type CopyForm, copyAs } from './copy-as.ts'
import type { PublishForm } from './publish-form.ts'
import { PUBLISH } from './publish-words.ts'

export interface CopyPaneProps {
  readonly connection: Connection
  readonly form: PublishForm
  readonly version: 3 | 4 | 5
}

export function CopyPane({ connection, form, version }: CopyPaneProps): JSX.Element {
  const app = useApp()
  const words = app.words(PUBLISH)
  const [as, setAs] = useState<CopyForm>('mosquitto_pub')
  const { url, userName } = connection.profile.value
  const port = usePlainPort(connection)
  const target = { host: hostOf(url), port, userName, version }
  const text = form.topic === '' ? '' : copyAs(as, form, target)
  const isMasked = app.mask.value.hides(form.topic) && form.text !== ''
  const shown = isMasked ? copyAs(as, { ...form, kind: 'text', text: dotsOf(form.text) }, target) : text
  return (
    <section class="publish-part">
      <div class="publish-line">
        <h3>{words.copyAs}</h3>
        <Segmented label={words.copyAs} options={COPY_FORMS.map((id) => ({ id, label: id }))} value={as} onChange={setAs} />
        <span class="spacer" />
        <CopyButton text={() => text} label={words.copy} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre class="code code-plain copy-text foreign" tabIndex={0}>
        {text === '' ? words.topicProblem.empty : shown.trimEnd()}
      </pre>
    </section>
  )
}
