/** What customers are told in companies that set no words of their own, in the language of the customer. */
export const handoverWords = {
  en: 'Hello, {to} looks after you from now on, in place of {from}. Everything we talked about is still here.',
  zh: '您好，今后由{to}接替{from}为您服务。之前聊过的内容都还在这里，有需要请随时告诉我。',
} as const;

export interface HandoverNames {
  readonly company: string;
  readonly from: string;
  readonly to: string;
}

/** The words with the names in their places, in one go: a name may look like a place. */
export const filledHandover = (text: string, names: HandoverNames): string =>
  text.replace(/\{(company|from|to)\}/g, (_, place: keyof HandoverNames) => names[place]).slice(0, 2_000);
