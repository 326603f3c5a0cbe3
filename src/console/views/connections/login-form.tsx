// Logging in at the broker that served the page, with the token that it printed when it was started.
// The token goes to the page's own host once, and is kept nowhere.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import type { LoginResult } from '../../state/admin-session.ts'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import { openOwn } from './first-connection.ts'

export function LoginForm({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const texts = words.login
  const [token, setToken] = useState('')
  const [result, setResult] = useState<LoginResult>('ok')
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (token === '' || isBusy) return
    setBusy(true)
    const answer = await app.admin.login(token.trim())
    setBusy(false)
    setResult(answer)
    if (answer !== 'ok') return
    onClose()
    await openOwn(app)
  }
  const without = (): void => {
    app.overlay.value = 'connect'
  }
  return (
    <Dialog kind="panel" title={texts.title} closeLabel={words.close} onClose={onClose}>
      <form class="connect" onSubmit={submit}>
        <div class="dialog-body scroll stack">
          <p>{texts.why}</p>
          <TextField
            label={texts.token}
            type="password"
            value={token}
            onInput={(text) => {
              setToken(text)
              setResult('ok')
            }}
            hint={texts.tokenHint}
            problem={result === 'ok' ? null : texts.problem[result]}
            autocomplete="current-password"
            mono
            autofocus
          />
        </div>
        <div class="dialog-foot">
          <Button label={texts.without} kind="ghost" onClick={without} />
          <span class="spacer" />
          <Button label={texts.login} kind="primary" submit busy={isBusy} disabled={token === ''} />
        </div>
      </form>
    </Dialog>
  )
}
