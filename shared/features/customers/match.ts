/** A phone number as it is compared: its digits, without the prefix of China that some write and some do not. */
export function phoneKey(phone: string): string {
  const digits = phone.normalize('NFKC').replace(/\D/g, '');
  const national = digits.replace(/^(?:00)?86(?=1\d{10}$)/, '');
  return national.replace(/^00/, '');
}

/** An address of electronic mail as it is compared. */
export const mailKey = (mail: string): string => mail.normalize('NFKC').trim().toLowerCase();
