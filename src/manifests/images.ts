/** Where the images of the original are published. */
export const DEFAULT_IMAGE_REGISTRY = 'quay.io/open-cluster-management'

/** What a bundle version stands for. */
export interface VersionBundle {
  /** Tag of the images of the core: `v1.3.1`, or `latest`. */
  readonly ocm: string
  /** Tag of the images of the policy add-ons. */
  readonly policyAddon: string
}

/** What `default` stands for. */
export const DEFAULT_BUNDLE_VERSION = '1.3.1'

/** The tag of the policy add-ons that was published with each version of the core. */
const POLICY_ADDON_TAGS: ReadonlyMap<string, string> = new Map([
  ['1.1.0', 'v0.16.0'],
  ['1.1.1', 'v0.17.0'],
  ['1.1.3', 'v0.17.0'],
  ['1.2.0', 'v0.18.0'],
  ['1.2.1', 'v0.18.0'],
  ['1.3.0', 'v0.18.0'],
  ['1.3.1', 'v0.18.0'],
])
const NEWEST_POLICY_ADDON_TAG = 'v0.18.0'

/**
 * The tags that a bundle version stands for: `default`, `latest`, or any `x.y.z`, with or without a `v`. Undefined for anything else.
 * The original knows a list of versions; here all of them exist, for our one image is published under every tag.
 */
export function versionBundle(version: string): VersionBundle | undefined {
  const plain = version.replace(/^v/, '')
  if (plain === 'latest') return { ocm: 'latest', policyAddon: 'latest' }
  const number = plain === 'default' ? DEFAULT_BUNDLE_VERSION : plain
  if (!/^\d+\.\d+\.\d+$/.test(number)) return undefined
  return { ocm: `v${number}`, policyAddon: POLICY_ADDON_TAGS.get(number) ?? NEWEST_POLICY_ADDON_TAG }
}

/** The images of the core, by the names that the original publishes them under. */
export type CoreImage = 'registration-operator' | 'registration' | 'work' | 'placement' | 'addon-manager'

export interface ImageOptions {
  /** Without a slash at the end. @default DEFAULT_IMAGE_REGISTRY */
  readonly registry?: string
  /** @default the tag of the default bundle version */
  readonly tag?: string
  /** Whole references, for which registry and tag do not count. */
  readonly overrides?: Readonly<Partial<Record<CoreImage, string>>>
}

/** A reference such as `quay.io/open-cluster-management/registration:v1.3.1`. */
export function imageReference(image: CoreImage, options: ImageOptions = {}): string {
  const { registry = DEFAULT_IMAGE_REGISTRY, tag = `v${DEFAULT_BUNDLE_VERSION}`, overrides } = options
  return overrides?.[image] || `${registry}/${image}:${tag}`
}
