// Why the admin API gives no new answer, in the broker's own words; where the login has ended, the way back to it.
// What is shown below is from before.

import type { ComponentChildren, JSX } from 'preact'
import type { AdminError } from '../state/admin-api.ts'
import { useApp } from '../state/app-context.ts'
import { type Catalogue, catalogue } from '../words/catalogue.ts'
import { Button } from './button.tsx'
import { Strip } from './notice.tsx'

const EN = { noAnswer: 'The broker does not answer.', login: 'Log in again' }
const WORDS: Catalogue<typeof EN> = catalogue(EN, { noAnswer: 'Il broker non risponde.', login: 'Accedi di nuovo' })

const LOGIN_NEEDED = 401

export function AdminProblem({ problem, children }: { readonly problem: AdminError; readonly children?: ComponentChildren }): JSX.Element {
  const words = useApp().words(WORDS)
  return (
    <Strip kind="warn" action={problem.status === LOGIN_NEEDED ? <Button label={words.login} size="s" onClick={() => location.reload()} /> : null}>
      <b>{problem.status === 0 ? words.noAnswer : problem.message}</b> {children}
    </Strip>
  )
}
