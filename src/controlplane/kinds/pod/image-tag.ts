/** The tag of an image's name, as Docker reads it: `latest` where there is neither tag nor digest. */
export function imageTag(image: string): string {
  const [name = '', digest] = image.split('@', 2)
  const tag = /:([^/:]*)$/.exec(name)?.[1] ?? ''
  return tag === '' && digest === undefined ? 'latest' : tag
}

/** How an image is pulled that does not say: whatever is called `latest` may have changed. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent'
}
