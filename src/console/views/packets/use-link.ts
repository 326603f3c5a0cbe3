// What the URL says of a list of packets: its filter, which belongs to the tab, and how times and columns are shown, which belongs to the reader.
// A link's filter is applied to the tab that the page opens with; later each tab brings its own into the URL.

import type { Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useApp } from '../../state/app-context.ts'
import type { TimeFormat } from '../../worker/packets/packet-calls.ts'
import { type ColumnId, columnsOf, columnsText, type PacketsModel, timeFormatOf } from './packets-model.ts'

export function useFilterLink(model: PacketsModel): Signal<string> {
  const app = useApp()
  const linked = app.route.parameter('filter')
  useEffect(() => {
    if (model.isLinked || app.connections.list.peek().length > 1) linked.value = model.applied.peek()
    model.isLinked = true
  }, [model])
  useEffect(() => {
    if (linked.value !== model.applied.peek()) void model.apply(linked.value)
  }, [model, linked.value])
  return linked
}

export interface ListLook {
  readonly chooseTime: (format: TimeFormat) => void
  readonly toggleColumn: (column: ColumnId) => void
}

export function useLookLink(model: PacketsModel): ListLook {
  const { route } = useApp()
  const time = route.parameter('time')
  const columns = route.parameter('columns')
  useEffect(() => model.setTimeFormat(timeFormatOf(time.value)), [model, time.value])
  useEffect(() => {
    model.columns.value = columnsOf(columns.value)
  }, [model, columns.value])
  return {
    chooseTime: (format) => {
      time.value = format === 'relative' ? '' : format
    },
    toggleColumn: (column) => {
      columns.value = columnsText(model.columns.peek(), column)
    },
  }
}
