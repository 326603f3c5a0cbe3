// The button that copies a text and says for a moment that it has.
// The text is asked for when it is pressed.

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../state/app-context.ts'
import { FRAME } from '../words/frame.ts'
import { IconButton } from './button.tsx'

/** `label` names what is copied. */
export function CopyButton({ text, label }: { readonly text: () => string; readonly label?: string }): JSX.Element {
  const app = useApp()
  const words = app.words(FRAME)
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <IconButton
      icon={copied ? 'check' : 'copy'}
      label={copied ? words.copied : (label ?? words.copy)}
      onClick={async () => setCopied(await app.copy(text()))}
    />
  )
}
