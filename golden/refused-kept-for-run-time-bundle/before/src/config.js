export const key = '__API_KEY__'
