// An exported ladder as a picture of points, for programs that take no SVG.
// Drawn by the browser itself, from a data: address: nothing is fetched.

/** The drawing as PNG at twice its size. Browsers only. */
export async function pngOf(svg: string, width: number, height: number): Promise<Uint8Array> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  // canvases beyond this are refused by browsers
  const scale = Math.min(2, 16_000 / height, 16_000 / width)
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (blob === null) throw new Error(`a picture of ${canvas.width} × ${canvas.height} points is too large for this browser: use SVG`)
  return new Uint8Array(await blob.arrayBuffer())
}
