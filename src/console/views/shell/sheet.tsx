// The sheet: the screen that the route names, loaded when it is first shown; or what stands in its way.
// A connection that was never made shows why; one that is lost keeps its data below a strip.

import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { EmptyState } from '../../parts/notice.tsx'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import { ConnectionNotice, ConnectionStage } from '../connections/connection-state.tsx'
import { SCREENS, type ScreenProps, screenById } from '../registry.ts'

type Loaded = { readonly id: string; readonly component: ComponentType<ScreenProps> } | { readonly id: string; readonly failed: true }

export function Sheet(): JSX.Element | null {
  const app = useApp()
  const words = app.words(FRAME)
  const connection = app.connections.current.value
  const wanted = screenById(app.route.screen.value) ?? SCREENS[0]!
  const screen = connection?.isFile === true && !wanted.showsFiles ? (SCREENS.find(({ showsFiles }) => showsFiles) ?? wanted) : wanted
  const [loaded, setLoaded] = useState<Loaded | null>(null)
  useEffect(() => {
    screen.load().then(
      (component) => setLoaded({ id: screen.id, component }),
      () => setLoaded({ id: screen.id, failed: true }),
    )
  }, [screen.id])
  if (connection === null) {
    if (app.overlay.value === 'login' || app.overlay.value === 'connect') return null // the form says it
    return (
      <EmptyState
        title={words.connection.title}
        action={
          <Button
            label={words.newConnection}
            icon="plus"
            kind="primary"
            onClick={() => {
              app.overlay.value = 'connect'
            }}
          />
        }
      />
    )
  }
  const phase = connection.phase.value
  const hasData = connection.numbers.value.received > 0 || connection.numbers.value.kept > 0
  const needsMqtt = screen.asksAdmin !== true || connection.admin.value === null
  if (needsMqtt && (phase.phase === 'refused' || ((phase.phase === 'connecting' || phase.phase === 'offline') && !hasData)))
    return <ConnectionStage connection={connection} />
  if (loaded === null || loaded.id !== screen.id) return <p class="loading">{words.loading}</p>
  if ('failed' in loaded) return <EmptyState title={words.loadFailed}>{words.loadFailedHint}</EmptyState>
  const Screen = loaded.component
  return (
    <div class="screen">
      <ConnectionNotice connection={connection} />
      <Screen key={connection.id} connection={connection} />
    </div>
  )
}
