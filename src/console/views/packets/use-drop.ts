// Takes a file that is dropped anywhere on the window; says whether one is held over it.
// Anything but a file is left to others.

import { useEffect, useRef, useState } from 'preact/hooks'

export function useDrop(open: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false)
  const taken = useRef(open)
  taken.current = open
  useEffect(() => {
    const holds = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
    const over = (event: DragEvent): void => {
      if (!holds(event)) return
      event.preventDefault()
      setOver(true)
    }
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const dropped = (event: DragEvent): void => {
      setOver(false)
      const file = event.dataTransfer?.files[0]
      if (file === undefined) return
      event.preventDefault()
      taken.current(file)
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', left)
    addEventListener('drop', dropped)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', left)
      removeEventListener('drop', dropped)
    }
  }, [])
  return isOver
}
