// The words of the example contract. All names are invented; this is no legal advice.

export const KEY_TERMS = [
  ["Client", "Tidewell Foods plc"],
  ["Consultant", "Brackenridge Analytics Ltd"],
  ["Effective date", "1 May 2025"],
  ["Initial term", "18 months"],
  ["Monthly fee", "GBP 7,250.00"],
  ["Automatic renewal", "Yes"],
  ["Client contact", "Orla Fenwick, orla.fenwick@tidewell.example.com"],
];

export const SECTIONS = [
  {
    title: "Parties",
    clauses: [
      "Tidewell Foods plc, a company registered in England under number 05550142, whose registered office is at 3 Saltmarsh Road, Tidewell TW1 6HB (the “Client”).",
      "Brackenridge Analytics Ltd, a company registered in Scotland under number SC555019, whose registered office is at 40 Loom Street, Brackenridge BR2 9LD (the “Consultant”).",
    ],
  },
  {
    title: "Services",
    clauses: [
      "The Consultant shall forecast the weekly demand for the Client's chilled products and shall keep the forecasting model in good order (the “Services”).",
      "The Consultant shall deliver a forecast for the following eight weeks by noon each Monday, and a written review of its accuracy within ten days of the end of each calendar quarter.",
      "The Client shall give the Consultant the sales and stock records of each week no later than the Friday of that week. The Consultant is not in breach of clause 2.2 for as long as those records are missing.",
      "Neither party may change the Services except by a written note that both have signed.",
    ],
  },
  {
    title: "Term and renewal",
    clauses: [
      "This Agreement begins on the Effective date, 1 May 2025, and continues for an initial term of 18 months.",
      "At the end of the initial term it renews for further periods of 12 months each, unless either party tells the other in writing, at least 60 days before the period ends, that it does not wish to renew.",
    ],
  },
  {
    title: "Fees and payment",
    clauses: [
      "The Client shall pay the Consultant a monthly fee of GBP 7,250.00, exclusive of value added tax.",
      "The Consultant shall invoice the fee on the last working day of each month. The Client shall pay each correct invoice within 30 days of receiving it.",
      "Travel that the Client has approved beforehand is charged at cost. No other expense is payable.",
      "Interest on late payment accrues daily at 3 percent a year above the base rate of the Bank of England.",
    ],
  },
  {
    title: "Confidential information",
    clauses: [
      "Each party shall keep the other's confidential information secret, shall use it only for this Agreement, and shall show it only to those of its staff and advisers who need it and who are bound to the same secrecy.",
      "This duty does not cover information that is public other than by a breach, that the receiving party already had, or that the law requires it to disclose.",
      "The duty continues for five years after this Agreement ends.",
    ],
  },
  {
    title: "Data protection",
    clauses: [
      "The records that the Client provides contain no personal data. Should the Consultant find any, it shall tell the Client without delay and delete it from its systems.",
      "The Consultant shall store the Client's records in the United Kingdom only, encrypted at rest.",
    ],
  },
  {
    title: "Ownership of results",
    clauses: [
      "Forecasts and reviews belong to the Client from the moment they are delivered.",
      "The forecasting model, its source code and the methods behind it remain with the Consultant, who grants the Client a licence to use the model for its own business for as long as this Agreement lasts.",
    ],
  },
  {
    title: "Liability",
    clauses: [
      "Nothing in this Agreement limits liability for death or personal injury caused by negligence, for fraud, or for anything else that cannot be limited by law.",
      "Subject to clause 8.1, the total liability of each party in any contract year shall not exceed GBP 150,000.00.",
      "Neither party is liable for loss of profit or of goodwill. A forecast is an estimate; the Consultant does not warrant that sales will match it.",
    ],
  },
  {
    title: "Termination",
    clauses: [
      "Either party may terminate this Agreement for convenience by giving the other a notice period of 90 days in writing.",
      "Either party may terminate at once if the other commits a material breach and, where it can be put right, does not put it right within 21 days of being asked to.",
      "On termination the Consultant shall hand over all forecasts delivered or in progress, and shall return or destroy the Client's records within 14 days.",
    ],
  },
  {
    title: "General",
    clauses: [
      "Notices shall be in writing and sent to the registered office of the party concerned, with a copy by email to its contact.",
      "Neither party may transfer this Agreement without the other's written consent, which shall not be withheld without good reason.",
      "If a clause is found to be void, the others remain in force. This document is the whole agreement between the parties on its subject.",
      "A party is not in breach for a delay caused by events that it could not reasonably prevent, provided that it tells the other without delay.",
    ],
  },
  {
    title: "Governing law",
    clauses: [
      "This Agreement is governed by the laws of England and Wales.",
      "The courts of England and Wales have exclusive jurisdiction over any dispute that arises from it.",
    ],
  },
];

export const SIGNATURES = [
  ["Signed for the Client", "Tidewell Foods plc", "Margaret Aldous", "Chief Operating Officer", "24 April 2025"],
  ["Signed for the Consultant", "Brackenridge Analytics Ltd", "Callum Strachan", "Managing Director", "22 April 2025"],
];
