/** What is commonly asked of each kind of document. Data: name, type and prompt of each question. */
import type { OutputType } from "../schema/request.ts";
import type { DocumentKind } from "../schema/result.ts";

/** A question that suits a kind of document; with `printed` only where the document has one of these words (lower case, no accents) or a longer one that begins so. */
export interface CommonQuestion {
  name: string;
  type: OutputType;
  prompt: string;
  printed?: readonly string[];
}

const SUPPLIER_AND_CUSTOMER: readonly CommonQuestion[] = [
  ask("seller", "text", "Which company issued the document?"),
  ask("customer", "text", "Who is the customer?"),
];

const SUMS: readonly CommonQuestion[] = [
  ask("subtotal", "number", "What is the subtotal?"),
  ask("tax_rate", "number", "What is the tax rate in percent?"),
  ask("tax", "number", "How much tax (VAT) is charged?"),
  ask("discount", "number", "What is the discount?"),
  ask("shipping", "number", "What are the shipping costs?"),
  ask("total", "number", "What is the total amount?"),
];

/** The questions of each kind, in the order in which they are proposed. */
export const QUESTIONS: Readonly<Record<DocumentKind, readonly CommonQuestion[]>> = {
  invoice: [
    ask("invoice_number", "text", "What is the invoice number?"),
    ask("invoice_date", "date", "What is the invoice date?"),
    ask("due_date", "date", "What is the due date?"),
    ask("seller", "text", "Which company issued the invoice?"),
    ask("customer", "text", "Who is the customer?"),
    ask("customer_number", "text", "What is the customer number?"),
    ask("customer_email", "email", "What is the customer's email address?"),
    ask("purchase_order", "text", "What is the purchase order number?"),
    ask("payment_terms", "text", "What are the payment terms?"),
    ...SUMS.slice(0, -1),
    ask("total_due", "number", "What is the total due?"),
    ask("currency", "text", "What is the currency?"),
    ask("seller_vat_id", "text", "What is the VAT number of the seller?"),
    ask("iban", "text", "What is the IBAN for the payment?"),
    ask("bic", "text", "What is the BIC for the payment?"),
  ],
  receipt: [
    ask("merchant", "text", "Which company issued the receipt?"),
    ask("receipt_number", "text", "What is the receipt number?"),
    ask("date", "date", "What is the date of the receipt?"),
    ...SUMS,
    ask("payment_method", "text", "What is the payment method?"),
  ],
  "credit note": [
    ask("credit_note_number", "text", "What is the credit note number?"),
    ask("credit_note_date", "date", "What is the date of the credit note?"),
    ask("invoice_number", "text", "What is the number of the invoice that is credited?"),
    ...SUPPLIER_AND_CUSTOMER,
    ...SUMS,
  ],
  order: [
    ask("order_number", "text", "What is the order number?"),
    ask("order_date", "date", "What is the order date?"),
    ask("delivery_date", "date", "What is the delivery date?"),
    ...SUPPLIER_AND_CUSTOMER,
    ask("delivery_address", "text", "What is the delivery address?"),
    ask("payment_terms", "text", "What are the payment terms?"),
    ...SUMS,
  ],
  "delivery note": [
    ask("delivery_note_number", "text", "What is the delivery note number?"),
    ask("delivery_date", "date", "What is the delivery date?"),
    ask("order_number", "text", "What is the order number?"),
    ...SUPPLIER_AND_CUSTOMER,
    ask("delivery_address", "text", "What is the delivery address?"),
    ask("carrier", "text", "Who is the carrier?"),
    ask("tracking_number", "text", "What is the tracking number?"),
    ask("gross_weight", "number", "What is the gross weight?"),
  ],
  contract: [
    ask("agreement_number", "text", "What is the agreement number?"),
    ask("effective_date", "date", "What is the effective date?"),
    ask("end_date", "date", "On which date does the agreement end?"),
    ask("client", "text", "Who is the client?", "client|auftraggeber|mandant|cliente|committente|opdrachtgever"),
    ask("contractor", "text", "Who is the contractor?", "contractor|auftragnehmer|prestataire|contratista|appaltatore|opdrachtnemer"),
    ask("consultant", "text", "Who is the consultant?", "consultant|berater|consulente|consultor"),
    ask("landlord", "text", "Who is the landlord?", "landlord|lessor|vermieter|bailleur|arrendador|locatore|verhuurder"),
    ask("tenant", "text", "Who is the tenant?", "tenant|lessee|mieter|locataire|preneur|arrendatario|conduttore|huurder"),
    ask("buyer", "text", "Who is the buyer?", "buyer|purchaser|kaufer|acheteur|comprador|acquirente|koper"),
    ask("seller", "text", "Who is the seller?", "seller|vendor|verkaufer|vendeur|vendedor|venditore|verkoper"),
    ask("employer", "text", "Who is the employer?", "employer|arbeitgeber|employeur|empleador|datore di lavoro|werkgever"),
    ask("employee", "text", "Who is the employee?", "employee|arbeitnehmer|salarie|empleado|trabajador|lavoratore|werknemer"),
    ask("term", "text", "How long is the initial term?"),
    ask("notice_period", "text", "What is the notice period for termination?"),
    ask("monthly_fee", "number", "What is the monthly fee?", "fee|verguetung|vergutung|honorar|honoraires|honorario|onorario"),
    ask("rent", "number", "What is the monthly rent?", "rent|miete|loyer|alquiler|renta|canone|huur"),
    ask("salary", "number", "What is the salary?", "salary|gehalt|salaire|salario|stipendio|salaris|loon"),
    ask("governing_law", "text", "Which law governs this agreement?"),
    ask("liability_cap", "number", "What amount shall the total liability of each party not exceed?"),
  ],
  "bank statement": [
    ask("bank", "text", "Which bank issued the statement?"),
    ask("account_holder", "text", "Who is the account holder?"),
    ask("account_number", "text", "What is the account number?"),
    ask("iban", "text", "What is the IBAN?"),
    ask("bic", "text", "What is the BIC?"),
    ask("statement_number", "text", "What is the statement number?"),
    ask("statement_date", "date", "What is the statement date?"),
    ask("period_start", "date", "On which date does the period start?"),
    ask("period_end", "date", "On which date does the period end?"),
    ask("opening_balance", "number", "What is the opening balance?"),
    ask("closing_balance", "number", "What is the closing balance?"),
    ask("total_paid_in", "number", "What is the total paid in?"),
    ask("total_paid_out", "number", "What is the total paid out?"),
  ],
  letter: [
    ask("date", "date", "What is the date of the letter?"),
    ask("subject", "text", "What is the subject?"),
    ask("reference", "text", "What is the reference?"),
    ask("sender_email", "email", "What is the email address of the sender?"),
  ],
  resume: [
    ask("name", "text", "What is the name of the person?"),
    ask("email", "email", "What is the email address?"),
    ask("phone", "text", "What is the phone number?"),
    ask("date_of_birth", "date", "What is the date of birth?"),
  ],
  report: [
    ask("title", "text", "What is the title of the report?"),
    ask("date", "date", "What is the date of the report?"),
    ask("author", "text", "Who is the author?"),
    ask("report_number", "text", "What is the report number?"),
    ask("period_start", "date", "On which date does the period start?"),
    ask("period_end", "date", "On which date does the period end?"),
  ],
  form: [
    ask("first_name", "text", "What is the first name?"),
    ask("last_name", "text", "What is the last name?"),
    ask("date_of_birth", "date", "What is the date of birth?"),
    ask("email", "email", "What is the email address?"),
    ask("phone", "text", "What is the phone number?"),
    ask("date", "date", "What is the date?"),
  ],
  unknown: [
    ask("date", "date", "What is the date of the document?"),
    ask("reference", "text", "What is the reference?"),
    ask("email", "email", "What is the email address?"),
    ask("total", "number", "What is the total amount?"),
  ],
};

function ask(name: string, type: OutputType, prompt: string, printed?: string): CommonQuestion {
  return printed === undefined ? { name, type, prompt } : { name, type, prompt, printed: printed.split("|") };
}
