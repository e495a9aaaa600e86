// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The closed lists of words that an Outcome, a Gap and a FolderTrouble may give as their reason.
// What is not in a list here is not written; docs/operations.md says what to do about each.

#include <string_view>

namespace mailkeep::store {

// Of Failed, and of a folder's trouble.
inline constexpr std::string_view kReasonRefused = "refused-by-server";
inline constexpr std::string_view kReasonNoData = "no-data-returned";
inline constexpr std::string_view kReasonTooLarge = "over-size-limit";
inline constexpr std::string_view kReasonBroken = "protocol-error";
inline constexpr std::string_view kReasonCut = "connection-lost";
inline constexpr std::string_view kReasonPending = "not-fetched-yet";
inline constexpr std::string_view kReasonFolder = "folder-cannot-be-opened";
// The server gave a text of its own in the message's stead (Exchange: "Retrieval using the IMAP4
// protocol failed"). It is not archived as the message, which is still missing.
inline constexpr std::string_view kReasonPlaceholder = "placeholder";
// The day's byte budget of the account is spent: the rest comes tomorrow.
inline constexpr std::string_view kReasonBudget = "byte-budget-spent";
// Of a folder: the server counts more messages than it lists.
inline constexpr std::string_view kReasonListingShort = "listing-short";
// Of a maildrop: each session offers only a part of the mailbox (Gmail over POP3).
inline constexpr std::string_view kReasonPart = "offers-part";
// Of a gap, never of an outcome: the folder is no longer listed, so that nobody can fetch it.
inline constexpr std::string_view kReasonFolderGone = "folder-gone";

// Of Vanished: gone before it could be fetched.
inline constexpr std::string_view kReasonGone = "gone";

// Of Excluded: the rule of the account that it was.
inline constexpr std::string_view kRuleFolder = "folder-excluded";
inline constexpr std::string_view kRuleTooOld = "older-than-max-age";
inline constexpr std::string_view kRuleTooYoung = "younger-than-min-age";
inline constexpr std::string_view kRuleTooLarge = "over-max-size";

}  // namespace mailkeep::store
