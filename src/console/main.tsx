// The console's entry: makes the App with what the browser has, and shows it.
// The only file that touches window, localStorage and the Worker's constructor.

import './style/tokens.css'
import './style/base.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { tokenOf } from './state/admin-session.ts'
import { App, type AppEnvironment } from './state/app.ts'
import { AppContext } from './state/app-context.ts'
import type { Storage } from './state/settings.ts'
import type { WorkerPort } from './state/worker-link.ts'
import { openFirst } from './views/connections/first-connection.ts'
import { Shell } from './views/shell/shell.tsx'
import { visibleLine } from './worker/visible-text.ts'

const THEME_QUERIES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']

const environment: AppEnvironment = {
  port: new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'zanzara' }) as unknown as WorkerPort,
  storage: storage(),
  languages: navigator.languages,
  matches: (query) => matchMedia(query).matches,
  onChange: (action) => {
    for (const query of THEME_QUERIES) matchMedia(query).addEventListener('change', action)
  },
  setTheme: (theme) => document.documentElement.setAttribute('data-theme', theme),
  setLanguage: (language) => document.documentElement.setAttribute('lang', language),
  hash: {
    read: () => location.hash,
    replace: (hash) => history.replaceState(null, '', hash),
    push: (hash) => history.pushState(null, '', hash),
    onChange: (action) => {
      addEventListener('hashchange', action)
      addEventListener('popstate', action)
    },
  },
  fetch: (path, options) => fetch(path, options),
  copy: (text) => navigator.clipboard.writeText(text),
  save: (name, mimeType, bytes) => {
    const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type: mimeType }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  },
}

const token = tokenOf(location.hash)
if (token !== null) history.replaceState(null, '', '#') // a secret stays in no history and no copied link
const app = new App(environment)
document.addEventListener('keydown', (event) => app.keys.pressed(event))
effect(() => {
  const name = app.connections.current.value?.name ?? ''
  document.title = name === '' ? 'Zanzara' : `${visibleLine(name)} · Zanzara`
})
render(
  <AppContext.Provider value={app}>
    <Shell />
  </AppContext.Provider>,
  document.getElementById('console')!,
)
openFirst(app, token).catch((error: unknown) => app.events.add('error', '', error instanceof Error ? error.message : String(error)))

/** Some browsers refuse it in private windows: then nothing is kept. */
function storage(): Storage {
  try {
    localStorage.setItem('zanzara.probe', '1')
    localStorage.removeItem('zanzara.probe')
    return localStorage
  } catch {
    const values = new Map<string, string>()
    return { getItem: (name) => values.get(name) ?? null, setItem: (name, value) => values.set(name, value) }
  }
}
