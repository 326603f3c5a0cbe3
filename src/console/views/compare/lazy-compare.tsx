// The comparison of two connections, loaded when it is first opened; closed when one of the two is.
// Only the frame knows that it is not there yet.

import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../state/app-context.ts'
import { FRAME } from '../../words/frame.ts'
import type { ComparePanelProps } from './compare-panel.tsx'

export function LazyCompare(): JSX.Element | null {
  const app = useApp()
  const [panel, setPanel] = useState<{ readonly Panel: ComponentType<ComparePanelProps> } | null>(null)
  const { value: compared } = app.compared
  const all = app.connections.list.value
  const here = all.find((one) => one === compared?.here)
  const there = all.find((one) => one === compared?.there)
  useEffect(() => {
    if (compared === null) return
    import('./compare-panel.tsx').then(
      ({ ComparePanel }) => setPanel({ Panel: ComparePanel }),
      () => app.events.add('error', '', app.words(FRAME).loadFailed),
    )
  }, [compared === null])
  if (panel === null || here === undefined || there === undefined) return null
  return <panel.Panel here={here} there={there} />
}
