import type { CoreImage, ImageOptions } from '../../manifests/images.ts'
import { type ChartValues, section, textOf } from './values-file.ts'

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const

const OVERRIDES: Readonly<Record<string, CoreImage>> = {
  operatorImage: 'registration-operator',
  registrationImage: 'registration',
  workImage: 'work',
  placementImage: 'placement',
  addOnManagerImage: 'addon-manager',
}

export interface ImageParts {
  readonly images: ImageOptions
  readonly imagePullPolicy?: (typeof PULL_POLICIES)[number]
  readonly dockerConfigJson?: string
}

/** What the key `images` of a values file says; it wins over the flags. */
export function mergedImages(parts: ImageParts, values: ChartValues): ImageParts {
  const images = section(values, 'images')
  const credentials = section(images, 'imageCredentials')
  const overrides = Object.entries(OVERRIDES).flatMap(([key, image]) => {
    const reference = textOf(section(images, 'overrides'), key)
    return reference === undefined ? [] : [[image, reference] as const]
  })
  const registry = textOf(images, 'registry')
  const tag = textOf(images, 'tag')
  const policy = PULL_POLICIES.find((each) => each === images.imagePullPolicy)
  const dockerConfigJson = textOf(credentials, 'dockerConfigJson')
  return {
    ...parts,
    images: {
      ...parts.images,
      ...(registry && { registry }),
      ...(tag && { tag }),
      ...(overrides.length > 0 && { overrides: Object.fromEntries(overrides) }),
    },
    ...(policy && { imagePullPolicy: policy }),
    ...(dockerConfigJson && { dockerConfigJson }),
  }
}
