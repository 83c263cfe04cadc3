/** A multipart form with a photo, as the page sends it. */
export function photoForm(bytes: Uint8Array<ArrayBuffer>, name = 'photo.jpg', field = 'photo'): FormData {
  const data = new FormData();
  data.append(field, new Blob([bytes], { type: 'image/jpeg' }), name);
  return data;
}
